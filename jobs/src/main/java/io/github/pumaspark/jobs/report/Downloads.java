package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The data behind the page, which the page offers as files. */
final class Downloads {
  /** More records than this per run are thinned evenly, so that the page stays loadable. */
  private static final int MAX_RECORDS = 20_000;

  private Downloads() {}

  /** File name to rows, the first of which holds the column names; texts and numbers only. */
  static Map<String, List<List<@Nullable Object>>> tables(
      List<RunRecord> runs, Evaluations evaluations) {
    Map<String, List<List<@Nullable Object>>> files = new LinkedHashMap<>();
    files.put("metrics.csv", metrics(runs));
    if (!evaluations.groups().isEmpty()) {
      files.put("evaluations.csv", evaluations(runs, evaluations));
    }
    files.put("settings.csv", settings(runs));
    files.put("checkpoints.csv", checkpoints(runs));
    return files;
  }

  /** Every charted result as it was read. */
  static List<JsonNode> results(Evaluations evaluations) {
    return evaluations.groups().stream()
        .flatMap(group -> group.curves().values().stream())
        .flatMap(List::stream)
        .flatMap(curve -> curve.byStep().values().stream())
        .map(EvaluationRecord::json)
        .toList();
  }

  private static List<List<@Nullable Object>> metrics(List<RunRecord> runs) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    rows.add(
        row(
            "run",
            "step",
            "seconds",
            "sequences",
            "tokens",
            "loss",
            "mask_ratio",
            "learning_rate",
            "gradient_norm",
            "tokens_per_second"));
    for (RunRecord run : runs) {
      int size = run.metrics().size();
      int stride = (size + MAX_RECORDS - 1) / MAX_RECORDS;
      for (int i = (size - 1) % stride; i < size; i += stride) {
        MetricRecord metric = run.metrics().get(i);
        rows.add(
            row(
                run.name(),
                metric.step(),
                Json.finite(metric.seconds()),
                Json.finite(metric.sequences()),
                Json.finite(metric.tokens()),
                Json.finite(metric.loss()),
                Json.finite(metric.maskRatio()),
                Json.finite(metric.learningRate()),
                Json.finite(metric.gradientNorm()),
                Json.finite(metric.tokensPerSecond())));
      }
    }
    return rows;
  }

  private static List<List<@Nullable Object>> evaluations(
      List<RunRecord> runs, Evaluations evaluations) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    rows.add(
        row(
            "run",
            "step",
            "sequences",
            "tokens",
            "train_seconds",
            "task",
            "data",
            "data_sha256",
            "order",
            "tokens_per_step",
            "sampler",
            "n",
            "metric",
            "givens",
            "value",
            "ci95_low",
            "ci95_high",
            "forward_passes",
            "seconds"));
    for (Evaluations.Group group : evaluations.groups()) {
      for (List<Evaluations.Curve> curves : group.curves().values()) {
        for (Evaluations.Curve curve : curves) {
          String run = runs.get(curve.run()).name();
          for (EvaluationRecord result : curve.byStep().values()) {
            result
                .metrics()
                .forEach((name, measure) -> rows.add(measured(run, result, name, null, measure)));
            result
                .byGivens()
                .forEach(
                    (givens, measure) ->
                        rows.add(measured(run, result, "exact_match", givens, measure)));
          }
        }
      }
    }
    return rows;
  }

  private static List<@Nullable Object> measured(
      String run,
      EvaluationRecord result,
      String metric,
      @Nullable Integer givens,
      EvaluationRecord.Measure measure) {
    return row(
        run,
        result.step(),
        Json.finite(result.sequences()),
        Json.finite(result.tokens()),
        Json.finite(result.trainSeconds()),
        result.task(),
        result.data(),
        result.dataSha256(),
        result.order(),
        result.tokensPerStep(),
        result.sampler(),
        measure.n(),
        metric,
        givens,
        Json.finite(measure.value()),
        Json.finite(measure.interval().low()),
        Json.finite(measure.interval().high()),
        Json.finite(result.forwardPasses()),
        Json.finite(result.seconds()));
  }

  private static List<List<@Nullable Object>> settings(List<RunRecord> runs) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    rows.add(row("run", "key", "value"));
    for (RunRecord run : runs) {
      run.settings().forEach((key, value) -> rows.add(row(run.name(), key, value)));
    }
    return rows;
  }

  private static List<List<@Nullable Object>> checkpoints(List<RunRecord> runs) {
    List<List<@Nullable Object>> rows = new ArrayList<>();
    rows.add(row("run", "run_id", "step", "code_version", "directory", "file", "sha256"));
    for (RunRecord run : runs) {
      for (CheckpointRecord checkpoint : run.checkpoints()) {
        Map<String, String> files = new TreeMap<>(checkpoint.files());
        files.put("state.json", checkpoint.stateSha256());
        files.forEach(
            (file, sha256) ->
                rows.add(
                    row(
                        run.name(),
                        checkpoint.runId(),
                        checkpoint.step(),
                        checkpoint.codeVersion(),
                        checkpoint.directory(),
                        file,
                        sha256)));
      }
    }
    return rows;
  }

  private static List<@Nullable Object> row(@Nullable Object... values) {
    return java.util.Arrays.asList(values);
  }
}
