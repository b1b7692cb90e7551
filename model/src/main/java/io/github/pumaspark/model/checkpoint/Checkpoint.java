package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A complete checkpoint: a directory whose marker is written. Immutable; the files behind it may
 * still be deleted by retention.
 */
public final class Checkpoint {
  private static final int MAX_JSON_BYTES = 16 << 20;
  private static final int MAX_MARKER_BYTES = 256;

  private final Path directory;
  private final TrainState state;
  private final Configuration configuration;

  private Checkpoint(Path directory, TrainState state, Configuration configuration) {
    this.directory = directory;
    this.state = state;
    this.configuration = configuration;
  }

  /**
   * Opens a checkpoint, checking the marker and the train state, but no other file.
   *
   * @throws ConfigException if the directory has no marker, or is still being written: it is no
   *     complete checkpoint
   * @throws CorruptCheckpointException if marker, train state and directory disagree
   */
  public static Checkpoint open(Path directory, Configuration configuration) throws IOException {
    Path marker = new Path(directory, CheckpointFile.MARKER);
    Optional<CheckpointName> name = CheckpointName.of(directory);
    boolean isStaging = name.isPresent() && name.get().isStaging();
    if (isStaging || !Storage.of(directory, configuration).exists(marker)) {
      throw new ConfigException(
          "Invalid checkpoint: '%s' (it has no '%s' file: it does not exist or was not finished)"
              .formatted(directory, CheckpointFile.MARKER));
    }
    String expected =
        new String(read(marker, configuration, MAX_MARKER_BYTES), StandardCharsets.UTF_8).strip();
    if (!CheckpointFile.isSha256(expected)) {
      throw new CorruptCheckpointException(
          marker, "it must hold a SHA-256, found " + SafetensorsHeader.quoted(expected));
    }
    Path file = new Path(directory, CheckpointFile.STATE);
    byte[] json = read(file, configuration, MAX_JSON_BYTES);
    checkHash(file, Storage.sha256Hex(json), expected, CheckpointFile.MARKER);
    TrainState state = TrainState.parse(file, json);
    long named = name.map(CheckpointName::step).orElse(state.step());
    if (named != state.step()) {
      throw new CorruptCheckpointException(
          file, "it is of step " + state.step() + ", its directory is named for step " + named);
    }
    return new Checkpoint(directory, state, configuration);
  }

  /** Where the files are. */
  public Path directory() {
    return directory;
  }

  /** The counters and hashes stored with it. */
  public TrainState state() {
    return state;
  }

  /** Steps done when it was written. */
  public long step() {
    return state.step();
  }

  /** What its files are read with. */
  Configuration configuration() {
    return configuration;
  }

  /** Where a file of this checkpoint is; it may be absent. */
  public Path file(String name) {
    return new Path(directory, name);
  }

  /**
   * The resolved configuration of the run, checked against its hash.
   *
   * @throws CorruptCheckpointException if it is missing or altered
   */
  public String config() throws IOException {
    Path file = file(CheckpointFile.CONFIG);
    byte[] bytes = read(file, configuration, MAX_JSON_BYTES);
    String expected = state.files().getOrDefault(CheckpointFile.CONFIG, "nothing");
    checkHash(file, Storage.sha256Hex(bytes), expected, CheckpointFile.STATE);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * Reads every file and compares its hash.
   *
   * @return this
   * @throws CorruptCheckpointException naming the first file that is missing or altered
   */
  public Checkpoint verify() throws IOException {
    for (Map.Entry<String, String> entry : state.files().entrySet()) {
      Path file = file(entry.getKey());
      String found;
      try {
        found = Storage.sha256Hex(file, configuration);
      } catch (FileNotFoundException e) {
        throw missing(file, e);
      }
      checkHash(file, found, entry.getValue(), CheckpointFile.STATE);
    }
    return this;
  }

  @Override
  public String toString() {
    return directory.toString();
  }

  private static byte[] read(Path file, Configuration configuration, int maxBytes)
      throws IOException {
    try {
      return Storage.read(file, configuration, maxBytes);
    } catch (FileNotFoundException e) {
      throw missing(file, e);
    }
  }

  private static CorruptCheckpointException missing(Path file, Throwable cause) {
    return new CorruptCheckpointException(file, "it is missing. " + remedy(file), cause);
  }

  static void checkHash(Path file, String found, String expected, String source)
      throws CorruptCheckpointException {
    if (!found.equals(expected)) {
      throw new CorruptCheckpointException(
          file,
          "SHA-256 %s, '%s' says %s. It was changed or truncated after it was written. %s"
              .formatted(found, source, expected, remedy(file)));
    }
  }

  static String remedy(Path file) {
    return "Delete the directory '" + file.getParent() + "' to go on from the checkpoint before.";
  }
}
