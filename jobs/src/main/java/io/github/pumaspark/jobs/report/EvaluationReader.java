package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the evaluation results in a directory, at any depth. */
final class EvaluationReader {
  private static final int MAX_JSON_BYTES = 16 << 20;

  private final Configuration configuration;

  EvaluationReader(Configuration configuration) {
    this.configuration = configuration;
  }

  /**
   * Reads all results, oldest file first.
   *
   * @param notes receives a sentence about each file that should be a result but cannot be read
   * @throws ConfigException if the directory is missing or holds no result
   */
  List<EvaluationRecord> read(Path directory, List<String> notes) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    if (!fs.exists(directory) || !fs.getFileStatus(directory).isDirectory()) {
      throw new ConfigException(
          "Cannot read evaluation results in '" + Paths.show(directory) + "': no such directory");
    }
    List<EvaluationRecord> results = new ArrayList<>();
    for (FileStatus file : jsonFiles(fs, directory)) {
      String name = Paths.show(file.getPath());
      try {
        JsonNode json =
            Json.MAPPER.readTree(Storage.read(file.getPath(), configuration, MAX_JSON_BYTES));
        if (EvaluationRecord.isResult(json)) {
          results.add(EvaluationRecord.of(name, json));
        }
      } catch (JsonProcessingException e) {
        notes.add("Skipped '" + name + "': " + Json.place(e) + ".");
      }
    }
    if (results.isEmpty()) {
      throw new ConfigException(
          "Cannot read evaluation results in '"
              + Paths.show(directory)
              + "': no result file in it; run 'puma evaluate' first, or report without evaluation");
    }
    return results;
  }

  private static List<FileStatus> jsonFiles(FileSystem fs, Path root) throws IOException {
    List<FileStatus> files = new ArrayList<>();
    Deque<Path> directories = new ArrayDeque<>(List.of(root));
    while (!directories.isEmpty()) {
      // Not listFiles: on local disks that completes the status of each file, far more slowly.
      for (FileStatus entry : fs.listStatus(directories.remove())) {
        String name = entry.getPath().getName();
        if (name.startsWith(".") || name.startsWith("_")) {
          continue;
        }
        if (entry.isDirectory()) {
          directories.add(entry.getPath());
        } else if (name.endsWith(".json")) {
          files.add(entry);
        }
      }
    }
    files.sort(
        Comparator.comparingLong(FileStatus::getModificationTime)
            .thenComparing(FileStatus::getPath));
    return files;
  }
}
