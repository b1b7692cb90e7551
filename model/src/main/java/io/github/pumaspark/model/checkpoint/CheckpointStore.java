package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The checkpoints of one run, each in its directory {@code step-<8 digits>}.
 *
 * <p>A checkpoint comes to exist in two acts: the ranks write their files into {@link #staging} of
 * their generation, and the driver calls {@link #commit}, whose last act makes it visible. Whatever
 * stops it before that leaves the earlier checkpoints as they were. Generations never repeat in a
 * run; ranks of an earlier one may go on writing into a staging directory of their own, which no
 * reader and no commit of a later one looks at. Readers need no agreement with the writer.
 */
public final class CheckpointStore {
  /*
   * Where directories can be renamed, a checkpoint is complete with its marker under the temporary
   * name, and the rename shows it. On object stores the files have their final names from the start,
   * in a directory of their generation, and putting the marker shows them. Two checkpoints of one
   * step can exist, if a run went back to an earlier one; the newest generation is the step's.
   */
  private final Path root;
  private final Configuration configuration;

  /** The store in a run's {@code checkpoints} directory, which need not exist yet. */
  public CheckpointStore(Path root, Configuration configuration) {
    this.root = root;
    this.configuration = configuration;
  }

  /**
   * Where the ranks of a generation write the files of a step; nothing is made there yet.
   *
   * @throws IOException if the file system is not there
   */
  public Path staging(long step, int generation) throws IOException {
    return stagingName(step, generation).in(root);
  }

  /**
   * Makes a checkpoint exist: checks that all files are there in full, then writes the resolved
   * configuration, the train state and the marker, and shows it.
   *
   * @param state with the hashes of all files that the ranks wrote
   * @param generation of those ranks
   * @return the checkpoint, its state listing the configuration too
   * @throws IOException if a file listed is not there, or is shorter than its header says, or a
   *     write fails; the checkpoint then does not exist, and earlier ones are intact
   */
  public Checkpoint commit(TrainState state, String resolvedConfig, int generation)
      throws IOException {
    Path staging = staging(state.step(), generation);
    Path target = target(state.step(), generation);
    FileSystem fs = Storage.of(root, configuration);
    for (String name : state.files().keySet()) {
      requireWritten(fs, target, new Path(staging, name));
    }
    Storage.writeAtomically(
        new Path(staging, CheckpointFile.CONFIG), configuration, resolvedConfig);
    String configSha256 = Storage.sha256Hex(utf8(resolvedConfig));
    String json = state.withFile(new CheckpointFile(CheckpointFile.CONFIG, configSha256)).toJson();
    Storage.writeAtomically(new Path(staging, CheckpointFile.STATE), configuration, json);
    Storage.writeAtomically(marker(staging), configuration, Storage.sha256Hex(utf8(json)) + "\n");
    if (!staging.equals(target)) {
      Storage.renameDirectory(staging, target, configuration);
    }
    return Checkpoint.open(target, configuration);
  }

  /**
   * Removes what earlier generations left unfinished, and checkpoints of a step that was done
   * again. To be called by the driver before it starts a generation.
   */
  public void sweep(int currentGeneration) throws IOException {
    boolean hasRename = Storage.hasAtomicRename(root, configuration);
    Set<Path> shown = new HashSet<>(committed().values());
    for (Map.Entry<Path, CheckpointName> entry : directories().entrySet()) {
      CheckpointName name = entry.getValue();
      // Where there is a rename, ranks write under temporary names only: other names are leftovers.
      boolean mayBeWritten =
          name.isStaging() == hasRename && name.generation() >= currentGeneration;
      if (!shown.contains(entry.getKey()) && !mayBeWritten) {
        delete(entry.getKey());
      }
    }
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

  /** The complete checkpoint of a step, if there is one. */
  public Optional<Checkpoint> find(long step) throws IOException {
    Path directory = committed().get(step);
    return directory == null
        ? Optional.empty()
        : Optional.of(Checkpoint.open(directory, configuration));
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
   * @param keepEvery those of steps that are multiples of this are kept besides; 0 = none
   */
  public void applyRetention(int keepLast, int keepEvery) throws IOException {
    Check.argument(keepLast >= 0, "Invalid number of checkpoints to keep: %s", keepLast);
    Check.argument(keepEvery >= 0, "Invalid steps between checkpoints to keep: %s", keepEvery);
    NavigableMap<Long, Path> committed = committed();
    while (keepLast > 0 && committed.size() > keepLast) {
      Map.Entry<Long, Path> oldest = committed.pollFirstEntry();
      if (keepEvery == 0 || oldest.getKey() % keepEvery != 0) {
        delete(oldest.getValue());
      }
    }
  }

  /** Where a checkpoint will be seen; not where another one of the same step is. */
  private Path target(long step, int generation) throws IOException {
    FileSystem fs = Storage.of(root, configuration);
    Path own = CheckpointName.committed(step, generation).in(root);
    Path plain = CheckpointName.committed(step, 0).in(root);
    boolean hasRename = Storage.hasAtomicRename(root, configuration);
    Path target = hasRename && !fs.exists(marker(plain)) ? plain : own;
    if (fs.exists(marker(target))) {
      throw new IOException("Cannot commit checkpoint '" + target + "': it is already complete");
    }
    if (hasRename) {
      // Without a marker it is what a deletion has left, and in the way of the rename.
      fs.delete(target, true);
    }
    return target;
  }

  private CheckpointName stagingName(long step, int generation) throws IOException {
    return Storage.hasAtomicRename(root, configuration)
        ? CheckpointName.staging(step, generation)
        : CheckpointName.committed(step, generation);
  }

  private void requireWritten(FileSystem fs, Path target, Path file) throws IOException {
    if (!fs.exists(file)) {
      throw new IOException(
          ("Cannot commit checkpoint '%s': the driver does not see '%s', which a rank has written."
                  + " The run directory must be on a file system that driver and executors share.")
              .formatted(target, file.getName()));
    }
    if (file.getName().endsWith(Safetensors.SUFFIX)) {
      // Its hash is known from the rank; its length costs no more than to read the header.
      Safetensors.tensors(file, configuration);
    }
  }

  private void delete(Path directory) throws IOException {
    FileSystem fs = Storage.of(root, configuration);
    fs.delete(marker(directory), false);
    fs.delete(directory, true);
  }

  /** By step, the directory of its newest generation that is complete. */
  private NavigableMap<Long, Path> committed() throws IOException {
    FileSystem fs = Storage.of(root, configuration);
    NavigableMap<Long, Path> committed = new TreeMap<>();
    for (Map.Entry<Path, CheckpointName> entry : directories().entrySet()) {
      if (!entry.getValue().isStaging() && fs.exists(marker(entry.getKey()))) {
        committed.put(entry.getValue().step(), entry.getKey());
      }
    }
    return committed;
  }

  /** All directories that are named for a step, by ascending generation. */
  private Map<Path, CheckpointName> directories() throws IOException {
    List<CheckpointName> names = new ArrayList<>();
    try {
      for (FileStatus status : Storage.of(root, configuration).listStatus(root)) {
        if (status.isDirectory()) {
          CheckpointName.of(status.getPath()).ifPresent(names::add);
        }
      }
    } catch (FileNotFoundException e) {
      return Map.of();
    }
    names.sort(Comparator.comparingInt(CheckpointName::generation));
    Map<Path, CheckpointName> directories = new LinkedHashMap<>();
    names.forEach(name -> directories.put(name.in(root), name));
    return directories;
  }

  private static Path marker(Path directory) {
    return new Path(directory, CheckpointFile.MARKER);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
