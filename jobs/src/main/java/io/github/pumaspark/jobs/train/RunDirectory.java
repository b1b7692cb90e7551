package io.github.pumaspark.jobs.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.DirectoryLock;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.tracking.RunTracking;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.train.TrainConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The directory of one run: who it is, its settings, metrics and checkpoints. Driver only. */
final class RunDirectory {
  private static final String IDENTITY = "run.json";
  private static final String CONFIG = "config.json";
  private static final String STATE = "generations.json";
  private static final String CHECKPOINTS = "checkpoints";

  /** Member of the identity while the run before is being deleted. */
  private static final String DISCARDED = "discarded";

  private static final String TENSORBOARD = "tensorboard";
  private static final int MAX_BYTES = 1 << 24;

  /** Settings that a run cannot change and stay the same run. */
  private static final List<String> FIXED =
      List.of("network", "masking", "optimizer", "train.seed", "train.global-batch-size");

  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private static final Logger LOG = LoggerFactory.getLogger(RunDirectory.class);

  private final Path directory;
  private final Configuration configuration;
  private final String runId;

  private RunDirectory(Path directory, Configuration configuration, String runId) {
    this.directory = directory;
    this.configuration = configuration;
    this.runId = runId;
  }

  /**
   * Requires that the directory is a run's, empty, or not there.
   *
   * @throws ConfigException if the directory holds something else
   */
  static void check(EffectiveConfig config, Configuration configuration) throws IOException {
    Path directory = new Path(config.values().run().directory());
    FileSystem fs = Storage.of(directory, configuration);
    if (!fs.exists(new Path(directory, IDENTITY))) {
      requireEmpty(fs, directory);
    }
  }

  /**
   * Deletes the run in the directory, if there is one; files that are no part of a run stay. The
   * lock must be held. The identity is marked before anything goes, so that a process that dies on
   * the way leaves no run that lacks something: the next one deletes the rest.
   */
  static void discard(EffectiveConfig config, Configuration configuration) throws IOException {
    Path directory = new Path(config.values().run().directory());
    Path identity = new Path(directory, IDENTITY);
    FileSystem fs = Storage.of(directory, configuration);
    if (!fs.exists(identity)) {
      return;
    }
    JsonNode found = JSON.readTree(Storage.read(identity, configuration, MAX_BYTES));
    LOG.warn("Deleting run {} in '{}'", found.path("run_id").asText(), directory);
    String marked = JSON.createObjectNode().put(DISCARDED, true).toPrettyString();
    Storage.writeAtomically(identity, configuration, marked + "\n");
    deleteParts(fs, directory);
  }

  private static boolean isDiscarded(Path identity, Configuration configuration)
      throws IOException {
    return JSON.readTree(Storage.read(identity, configuration, MAX_BYTES)).has(DISCARDED);
  }

  private static void deleteParts(FileSystem fs, Path directory) throws IOException {
    List<String> names = new ArrayList<>(List.of(CHECKPOINTS, STATE, CONFIG));
    names.add(TENSORBOARD);
    for (String records : List.of("metrics.jsonl", "events.jsonl", "ledger.jsonl")) {
      // On stores whose files are written once, newer lines stand in parts beside the file.
      names.addAll(List.of(records, records + ".parts"));
    }
    for (String name : names) {
      Path path = new Path(directory, name);
      if (fs.exists(path) && !fs.delete(path, true)) {
        throw new IOException("Cannot delete '" + path + "'");
      }
    }
  }

  /**
   * Opens the directory of a run, making it if it is not there.
   *
   * @param datasetSha256 of the training dataset's manifest
   * @throws ConfigException if the directory holds something else, or a run with other settings
   */
  static RunDirectory open(
      EffectiveConfig config, String datasetSha256, Configuration configuration)
      throws IOException {
    Path directory = new Path(config.values().run().directory());
    FileSystem fs = Storage.of(directory, configuration);
    Path identity = new Path(directory, IDENTITY);
    boolean isThere = fs.exists(identity);
    if (!isThere) {
      requireEmpty(fs, directory);
    }
    if (!isThere || isDiscarded(identity, configuration)) {
      deleteParts(fs, directory);
      String runId = UUID.randomUUID().toString();
      Storage.writeAtomically(new Path(directory, CONFIG), configuration, config.toJson());
      String text =
          JSON.createObjectNode()
              .put("schema_version", 1)
              .put("run_id", runId)
              .put("dataset_manifest_sha256", datasetSha256)
              .toPrettyString();
      Storage.writeAtomically(identity, configuration, text + "\n");
      return new RunDirectory(directory, configuration, runId);
    }
    JsonNode found = JSON.readTree(Storage.read(identity, configuration, MAX_BYTES));
    JsonNode before =
        JSON.readTree(Storage.read(new Path(directory, CONFIG), configuration, MAX_BYTES));
    requireSame(directory, before, JSON.readTree(config.toJson()));
    String dataset = found.path("dataset_manifest_sha256").asText();
    if (!dataset.equals(datasetSha256)) {
      throw new ConfigException(
          "Cannot go on in '"
              + directory
              + "': its run trains on another dataset (manifest "
              + dataset
              + ", dataset.train has "
              + datasetSha256
              + "). Choose another run.directory, or start over with --fresh.");
    }
    return new RunDirectory(directory, configuration, found.path("run_id").asText());
  }

  /**
   * Deletes unfinished files that a killed driver left beside the run's own; those of checkpoints
   * are the store's to sweep. The lock must be held.
   */
  void deleteTemporaries() throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    for (Path parent : List.of(directory, new Path(directory, TENSORBOARD))) {
      if (!fs.exists(parent)) {
        continue;
      }
      for (FileStatus status : fs.listStatus(parent)) {
        // Others may be trying to take the lock at this moment.
        boolean isOfLock = status.getPath().getName().contains(DirectoryLock.NAME);
        if (status.isFile() && Storage.isTemporary(status.getPath()) && !isOfLock) {
          fs.delete(status.getPath(), false);
        }
      }
    }
  }

  /** Identity of the run, made when the directory was. */
  String runId() {
    return runId;
  }

  /** Where checkpoints are. */
  Path checkpoints() {
    return new Path(directory, CHECKPOINTS);
  }

  /** What the run remembers beyond its checkpoints. */
  RunState state() throws IOException {
    Path file = new Path(directory, STATE);
    return Storage.of(file, configuration).exists(file)
        ? JSON.readValue(Storage.read(file, configuration, MAX_BYTES), RunState.class)
        : RunState.NEW;
  }

  /** Makes the run remember; visible as a whole or not at all. */
  void save(RunState state) throws IOException {
    Storage.writeAtomically(
        new Path(directory, STATE), configuration, JSON.writeValueAsString(state) + "\n");
  }

  /** The run's checkpoints. */
  CheckpointStore store() {
    return new CheckpointStore(checkpoints(), configuration);
  }

  /** Opens the run's records for a generation; the caller closes them. */
  RunTracking tracking(String runName, TrainConfig train, RunTracking.Start start)
      throws IOException {
    return RunTracking.open(directory, configuration, runName, train, start);
  }

  private static void requireEmpty(FileSystem fs, Path directory) throws IOException {
    if (!fs.exists(directory)) {
      return;
    }
    if (!fs.getFileStatus(directory).isDirectory()) {
      throw new ConfigException("Cannot use run.directory '" + directory + "': it is a file");
    }
    for (FileStatus status : fs.listStatus(directory)) {
      String name = status.getPath().getName();
      if (!name.equals(CONFIG)
          && !name.equals(DirectoryLock.NAME)
          && !Storage.isTemporary(status.getPath())) {
        throw new ConfigException(
            "Cannot use run.directory '"
                + directory
                + "': it holds files that are no part of a run, such as '"
                + name
                + "'. Choose another directory.");
      }
    }
  }

  private static void requireSame(Path directory, JsonNode before, JsonNode now) {
    List<String> problems = new ArrayList<>();
    for (String key : FIXED) {
      compare(key, at(before, key), at(now, key), problems);
    }
    if (!problems.isEmpty()) {
      problems.add(
          0,
          "Cannot go on in '"
              + directory
              + "': its run has other settings. Choose another run.directory, start over with --fresh, or use the same:");
      throw new ConfigException(problems);
    }
  }

  private static JsonNode at(JsonNode config, String key) {
    return config.at("/" + key.replace('.', '/'));
  }

  private static void compare(String key, JsonNode before, JsonNode now, List<String> problems) {
    if (before.isObject() && now.isObject()) {
      Set<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      now.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        compare(key + "." + name, before.path(name), now.path(name), problems);
      }
    } else if (!before.equals(now)) {
      problems.add(key + ": " + before + " there, " + now + " here");
    }
  }
}
