package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results in the layout of lm-eval: a directory per model with one {@code results_<time>.json} and,
 * beside it, a {@code samples_<task>_<time>.jsonl} per task.
 *
 * <p>A task there is one of our tasks with its settings. The time is that of the model's latest
 * result, so the files are a function of the results: writing the same results again changes
 * nothing, and a file whose results are all in a newer one is removed with its samples.
 */
public final class LmEvalLayout {
  private static final DateTimeFormatter FILE_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH-mm-ss.SSSSSS", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Logger LOG = LoggerFactory.getLogger(LmEvalLayout.class);
  private static final String RESULTS_PREFIX = "results_";
  private static final String RESULTS_SUFFIX = ".json";
  private static final int MAX_BYTES = 1 << 26;
  private static final int SHORT_KEY = 8;

  private final Path directory;
  private final Configuration configuration;

  /** A layout below a directory, which is made when needed. */
  public LmEvalLayout(Path directory, Configuration configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  /**
   * Writes results with their samples.
   *
   * @param results of any models; for a model written before, all that it should still have
   * @return the files that were written or replaced; empty if everything was there
   * @throws IOException if samples are missing or a file cannot be written; what is already written
   *     is complete
   */
  public List<Path> write(ResultStore store, Collection<EvaluationResult> results)
      throws IOException {
    Map<String, List<EvaluationResult>> byModel = new TreeMap<>();
    for (EvaluationResult result : results) {
      byModel
          .computeIfAbsent(result.unit().model().fileName(), name -> new ArrayList<>())
          .add(result);
    }
    List<Path> written = new ArrayList<>();
    for (Map.Entry<String, List<EvaluationResult>> entry : byModel.entrySet()) {
      writeModel(new Path(directory, entry.getKey()), store, entry.getValue(), written);
    }
    return written;
  }

  private void writeModel(
      Path modelDirectory, ResultStore store, List<EvaluationResult> results, List<Path> written)
      throws IOException {
    Map<String, EvaluationResult> tasks = taskNames(results);
    Instant latest =
        tasks.values().stream()
            .map(EvaluationResult::evaluatedAt)
            .max(Comparator.naturalOrder())
            .orElseThrow();
    String time = FILE_TIME.format(latest);
    Map<String, String> taskHashes = new LinkedHashMap<>();
    for (Map.Entry<String, EvaluationResult> task : tasks.entrySet()) {
      String samples = store.samples(task.getValue());
      taskHashes.put(task.getKey(), taskHash(samples));
      writeIfChanged(samplesFile(modelDirectory, task.getKey(), time), samples, written);
    }
    Path file = new Path(modelDirectory, RESULTS_PREFIX + time + RESULTS_SUFFIX);
    ObjectNode json = LmEvalResults.of(tasks, taskHashes, latest);
    writeIfChanged(file, ResultJson.pythonIndented(json) + "\n", written);
    Set<String> keys = new HashSet<>();
    results.forEach(result -> keys.add(result.key()));
    removeSuperseded(modelDirectory, time, keys);
  }

  /**
   * A name for each result of one model: task and settings, with the start of the key where that is
   * ambiguous.
   */
  private static Map<String, EvaluationResult> taskNames(List<EvaluationResult> results) {
    Map<String, Integer> uses = new HashMap<>();
    Map<String, EvaluationResult> byKey = new TreeMap<>();
    results.forEach(result -> byKey.put(result.key(), result));
    byKey.values().forEach(result -> uses.merge(taskName(result), 1, Integer::sum));
    Map<String, EvaluationResult> named = new TreeMap<>();
    byKey.forEach(
        (key, result) -> {
          String name = taskName(result);
          boolean ambiguous = uses.getOrDefault(name, 0) > 1;
          named.put(ambiguous ? name + "_" + key.substring(0, SHORT_KEY) : name, result);
        });
    return named;
  }

  private static String taskName(EvaluationResult result) {
    return result.unit().task().name() + "_" + result.unit().task().label();
  }

  /** Hash over the samples' own hashes, as lm-eval computes it. */
  private static String taskHash(String samples) {
    StringBuilder hashes = new StringBuilder();
    samples
        .lines()
        .map(ResultJson::parse)
        .forEach(
            sample ->
                hashes
                    .append(sample.path("doc_hash").asText())
                    .append(sample.path("prompt_hash").asText())
                    .append(sample.path("target_hash").asText()));
    return Storage.sha256Hex(hashes.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void writeIfChanged(Path file, String content, List<Path> written) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    FileSystem fs = Storage.of(file, configuration);
    boolean same;
    try {
      same =
          fs.getFileStatus(file).getLen() == bytes.length
              && Storage.sha256Hex(file, configuration).equals(Storage.sha256Hex(bytes));
    } catch (FileNotFoundException e) {
      same = false;
    }
    if (!same) {
      Storage.writeAtomically(file, configuration, out -> out.write(bytes));
      written.add(file);
    }
  }

  private void removeSuperseded(Path modelDirectory, String time, Set<String> keys)
      throws IOException {
    FileSystem fs = Storage.of(modelDirectory, configuration);
    for (FileStatus status : fs.listStatus(modelDirectory)) {
      Path file = status.getPath();
      String name = file.getName();
      if (!name.startsWith(RESULTS_PREFIX)
          || !name.endsWith(RESULTS_SUFFIX)
          || name.equals(RESULTS_PREFIX + time + RESULTS_SUFFIX)) {
        continue;
      }
      JsonNode json = readOrMissing(file);
      Set<String> oldKeys = new HashSet<>();
      json.path("x_ts").path("tasks").forEach(t -> oldKeys.add(t.path("cache_key").asText()));
      if (!oldKeys.isEmpty() && keys.containsAll(oldKeys)) {
        String oldTime =
            name.substring(RESULTS_PREFIX.length(), name.length() - RESULTS_SUFFIX.length());
        fs.delete(file, false);
        for (Map.Entry<String, JsonNode> task : json.path("results").properties()) {
          fs.delete(samplesFile(modelDirectory, task.getKey(), oldTime), false);
        }
      }
    }
  }

  /** The JSON of a file that may be another tool's; a missing node if it is not JSON. */
  private JsonNode readOrMissing(Path file) throws IOException {
    byte[] bytes = Storage.read(file, configuration, MAX_BYTES);
    try {
      return ResultJson.parse(new String(bytes, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      LOG.warn("Leaving '{}' as it is: {}", file, e.getMessage());
      return MissingNode.getInstance();
    }
  }

  private static Path samplesFile(Path modelDirectory, String task, String time) {
    return new Path(modelDirectory, "samples_" + task + "_" + time + ".jsonl");
  }
}
