package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoints of one run, each in its directory {@code step-<8 digits>}.
 *
 * <p>A checkpoint comes to exist in four acts: one process calls {@link #prepare}, the ranks write
 * their files into the directory, one process calls {@link #commit}, whose last act is the marker.
 * Whatever stops it before the marker leaves the earlier checkpoints as they were. One run, hence
 * one store, has one writer at a time; readers need no agreement.
 */
public final class CheckpointStore {
  private static final Pattern DIRECTORY = Pattern.compile("step-(\\d{8,18})");

  private final Path root;
  private final Configuration configuration;

  /** The store in a run's {@code checkpoints} directory, which need not exist yet. */
  public CheckpointStore(Path root, Configuration configuration) {
    this.root = root;
    this.configuration = configuration;
  }

  /** Where the checkpoint of a step is or would be. */
  public Path directory(long step) {
    Check.argument(step >= 0, "Invalid step: %s (must not be negative)", step);
    return new Path(root, String.format(Locale.ROOT, "step-%08d", step));
  }

  /**
   * Makes way for a new checkpoint: deletes what earlier attempts, at this step or another, left
   * without a marker. To be called before any rank writes into the directory.
   *
   * @return the directory to write into
   * @throws IOException if the step has a complete checkpoint already
   */
  public Path prepare(long step) throws IOException {
    Path directory = directory(step);
    if (committed().containsKey(step)) {
      throw new IOException(
          "Cannot prepare checkpoint '" + directory + "': it is already complete");
    }
    FileSystem fs = Storage.of(root, configuration);
    for (Path leftover : directories()) {
      if (!fs.exists(marker(leftover))) {
        fs.delete(leftover, true);
      }
    }
    return directory;
  }

  /**
   * Makes a checkpoint exist: writes the resolved configuration, the train state and then the
   * marker.
   *
   * @param state with the hashes of all files that the ranks wrote
   * @return the checkpoint, its state listing the configuration too
   * @throws IOException if a file listed is not there or a write fails; the checkpoint then does
   *     not exist, and earlier ones are intact
   */
  public Checkpoint commit(TrainState state, String resolvedConfig) throws IOException {
    Path directory = directory(state.step());
    FileSystem fs = Storage.of(root, configuration);
    if (fs.exists(marker(directory))) {
      throw new IOException("Cannot commit checkpoint '" + directory + "': it is already complete");
    }
    for (String name : state.files().keySet()) {
      if (!fs.exists(new Path(directory, name))) {
        throw new IOException(
            ("Cannot commit checkpoint '%s': the driver does not see '%s', which a rank has written."
                    + " The run directory must be on a file system that driver and executors share.")
                .formatted(directory, name));
      }
    }
    Path configFile = new Path(directory, CheckpointFile.CONFIG);
    Storage.writeAtomically(configFile, configuration, resolvedConfig);
    String configSha256 = Storage.sha256Hex(utf8(resolvedConfig));
    String json = state.withFile(new CheckpointFile(CheckpointFile.CONFIG, configSha256)).toJson();
    Storage.writeAtomically(new Path(directory, CheckpointFile.STATE), configuration, json);
    Storage.writeAtomically(marker(directory), configuration, Storage.sha256Hex(utf8(json)) + "\n");
    return Checkpoint.open(directory, configuration);
  }

  /**
   * The complete checkpoints, by ascending step.
   *
   * @throws CorruptCheckpointException if one of them is damaged
   */
  public List<Checkpoint> complete() throws IOException {
    List<Checkpoint> checkpoints = new ArrayList<>();
    for (Path directory : committed().values()) {
      checkpoints.add(Checkpoint.open(directory, configuration));
    }
    return checkpoints;
  }

  /**
   * The complete checkpoint of the highest step; older ones are not looked at.
   *
   * @throws CorruptCheckpointException if it is damaged; an older one is never taken in silence
   */
  public Optional<Checkpoint> newest() throws IOException {
    NavigableMap<Long, Path> committed = committed();
    return committed.isEmpty()
        ? Optional.empty()
        : Optional.of(Checkpoint.open(committed.lastEntry().getValue(), configuration));
  }

  /**
   * Deletes the oldest complete checkpoints. A checkpoint being deleted loses its marker first.
   *
   * @param keepLast how many to keep; 0 = all
   */
  public void applyRetention(int keepLast) throws IOException {
    Check.argument(keepLast >= 0, "Invalid number of checkpoints to keep: %s", keepLast);
    NavigableMap<Long, Path> committed = committed();
    FileSystem fs = Storage.of(root, configuration);
    while (keepLast > 0 && committed.size() > keepLast) {
      Path oldest = committed.pollFirstEntry().getValue();
      fs.delete(marker(oldest), false);
      fs.delete(oldest, true);
    }
  }

  /** The step that a checkpoint's directory is named for; empty if it is named otherwise. */
  static OptionalLong stepOf(Path directory) {
    Matcher matcher = DIRECTORY.matcher(directory.getName());
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  private NavigableMap<Long, Path> committed() throws IOException {
    FileSystem fs = Storage.of(root, configuration);
    NavigableMap<Long, Path> committed = new TreeMap<>();
    for (Path directory : directories()) {
      if (fs.exists(marker(directory))) {
        committed.put(stepOf(directory).orElseThrow(), directory);
      }
    }
    return committed;
  }

  private List<Path> directories() throws IOException {
    List<Path> directories = new ArrayList<>();
    try {
      for (FileStatus status : Storage.of(root, configuration).listStatus(root)) {
        if (status.isDirectory() && stepOf(status.getPath()).isPresent()) {
          directories.add(new Path(root, status.getPath().getName()));
        }
      }
    } catch (FileNotFoundException e) {
      return List.of();
    }
    return directories;
  }

  private static Path marker(Path directory) {
    return new Path(directory, CheckpointFile.MARKER);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
