package io.github.pumaspark.jobs.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.DirectoryLock;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The directory of a pipeline: its settings, its parts, and its summary once it is done. */
final class PipelineDirectory {
  private static final String SETTINGS = "pipeline.json";
  private static final String SUMMARY = "summary.json";
  private static final String LOGS = "logs";
  private static final int MAX_BYTES = 1 << 24;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  private final Path directory;
  private final Configuration configuration;

  private PipelineDirectory(Path directory, Configuration configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  /**
   * Makes this process the only one that works in the directory, making it if it is not there.
   *
   * @throws ConfigException if the directory holds something else; nothing is changed then
   * @throws IOException if another process works in it
   */
  static DirectoryLock lock(EffectiveConfig config, Configuration configuration)
      throws IOException {
    check(config, configuration);
    return DirectoryLock.acquire(new Path(config.values().run().directory()), configuration);
  }

  /**
   * Opens the directory, making it if it is not there.
   *
   * @throws ConfigException if it holds something else, or a pipeline with other settings
   */
  static PipelineDirectory open(EffectiveConfig config, Configuration configuration)
      throws IOException {
    check(config, configuration);
    Path given = new Path(config.values().run().directory());
    Path directory = Storage.of(given, configuration).makeQualified(given);
    Path settings = new Path(directory, SETTINGS);
    if (!Storage.of(settings, configuration).exists(settings)) {
      JsonNode now = comparable(JSON.readTree(config.toJson()));
      Storage.writeAtomically(settings, configuration, JSON.writeValueAsString(now) + "\n");
    }
    return new PipelineDirectory(directory, configuration);
  }

  /** What {@link #open} checks; changes nothing. */
  static void check(EffectiveConfig config, Configuration configuration) throws IOException {
    Path given = new Path(config.values().run().directory());
    FileSystem fs = Storage.of(given, configuration);
    Path directory = fs.makeQualified(given);
    Path settings = new Path(directory, SETTINGS);
    JsonNode now = comparable(JSON.readTree(config.toJson()));
    if (fs.exists(settings)) {
      JsonNode before = JSON.readTree(Storage.read(settings, configuration, MAX_BYTES));
      List<String> differences = new ArrayList<>();
      compare("", before, now, differences);
      if (!differences.isEmpty()) {
        differences.add(
            0,
            "Cannot go on in '"
                + directory.toUri().getPath()
                + "': it was made with other settings. Choose another directory, or use the same:");
        throw new ConfigException(differences);
      }
    } else {
      requireEmpty(fs, directory);
    }
  }

  /** A part of it. */
  Path path(String name) {
    return new Path(directory, name);
  }

  /** Absolute, without a scheme on a local disk. */
  String shown(Path path) {
    return "file".equals(path.toUri().getScheme()) ? path.toUri().getPath() : path.toString();
  }

  /** {@link #shown(Path)} of the directory. */
  String shown() {
    return shown(directory);
  }

  /** The summary, if the pipeline is done. */
  Optional<Summary> summary() throws IOException {
    Path file = path(SUMMARY);
    return Storage.of(file, configuration).exists(file)
        ? Optional.of(JSON.readValue(Storage.read(file, configuration, MAX_BYTES), Summary.class))
        : Optional.empty();
  }

  /** Stores the summary: the pipeline is done. */
  void write(Summary summary) throws IOException {
    Storage.writeAtomically(path(SUMMARY), configuration, JSON.writeValueAsString(summary) + "\n");
  }

  /**
   * What makes a pipeline another one; how it is spread over processes, and whether a preset or a
   * file gave its values, does not.
   */
  private static JsonNode comparable(JsonNode config) {
    ObjectNode same = config.deepCopy();
    same.remove("cluster");
    ((ObjectNode) same.path("run")).remove(List.of("directory", "preset"));
    ((ObjectNode) same.path("train")).remove("time-limit");
    return same;
  }

  private static void requireEmpty(FileSystem fs, Path directory) throws IOException {
    if (!fs.exists(directory)) {
      return;
    }
    if (!fs.getFileStatus(directory).isDirectory()) {
      throw new ConfigException("Cannot use '" + directory.toUri().getPath() + "': it is a file");
    }
    for (FileStatus status : fs.listStatus(directory)) {
      String name = status.getPath().getName();
      if (!name.equals(LOGS)
          && !name.equals(DirectoryLock.NAME)
          && !Storage.isTemporary(status.getPath())) {
        throw new ConfigException(
            "Cannot use '"
                + directory.toUri().getPath()
                + "': it holds files of something else, such as '"
                + name
                + "'. Choose another directory.");
      }
    }
  }

  private static void compare(String key, JsonNode before, JsonNode now, List<String> differences) {
    if (before.isObject() && now.isObject()) {
      before.fieldNames().forEachRemaining(name -> descend(key, name, before, now, differences));
      now.fieldNames()
          .forEachRemaining(
              name -> {
                if (!before.has(name)) {
                  descend(key, name, before, now, differences);
                }
              });
    } else if (!before.equals(now)) {
      differences.add(key + ": " + before + " there, " + now + " here");
    }
  }

  private static void descend(
      String key, String name, JsonNode before, JsonNode now, List<String> differences) {
    compare(
        key.isEmpty() ? name : key + "." + name, before.path(name), now.path(name), differences);
  }
}
