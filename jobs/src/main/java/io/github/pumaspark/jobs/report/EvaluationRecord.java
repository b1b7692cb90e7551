package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One evaluation result: one checkpoint, one task, one sampler setting. Missing texts are empty,
 * missing numbers NaN.
 *
 * @param file where it was read
 * @param run run name as the result gives it
 * @param n items of the task, 0 if unknown
 * @param metrics name to value with its 95% interval
 * @param breakdowns the charted metric by criterion and group, as {@code givens} and {@code 14}
 * @param sampler settings of the sampler other than order and tokens per step, as one text
 * @param json the whole result
 */
record EvaluationRecord(
    String file,
    String run,
    String checkpoint,
    long step,
    double sequences,
    double tokens,
    double trainSeconds,
    String task,
    String data,
    String dataSha256,
    String order,
    String tokensPerStep,
    String sampler,
    long n,
    Map<String, Measure> metrics,
    Map<String, Map<String, Measure>> breakdowns,
    double forwardPasses,
    double seconds,
    JsonNode json) {

  /**
   * A measured value.
   *
   * @param n items behind it, 0 if unknown
   */
  record Measure(double value, Interval interval, long n) {}

  /** Whether a JSON file is an evaluation result; other files may lie beside them. */
  static boolean isResult(JsonNode json) {
    return json.path("metrics").isObject()
        && json.path("task").isTextual()
        && json.path("step").canConvertToLong();
  }

  static EvaluationRecord of(String file, JsonNode json) {
    JsonNode sampler = json.path(json.has("sampler") ? "sampler" : "likelihood");
    Map<String, String> rest = new TreeMap<>(Settings.flatten(sampler));
    rest.remove("order");
    rest.remove("tokens_per_step");
    long n = json.path("n").asLong(0);
    Map<String, Map<String, Measure>> breakdowns = new LinkedHashMap<>();
    json.path("breakdowns")
        .properties()
        .forEach(entry -> breakdowns.put(entry.getKey(), measures(entry.getValue(), 0)));
    return new EvaluationRecord(
        file,
        Json.text(json, "run"),
        Json.text(json, "checkpoint"),
        json.path("step").asLong(),
        Json.number(json, "sequences"),
        Json.number(json, "tokens"),
        Json.number(json, "train_seconds"),
        Json.text(json, "task"),
        Json.text(json, "data"),
        Json.text(json, "data_sha256"),
        Json.text(sampler, "order"),
        Json.text(sampler, "tokens_per_step"),
        rest.isEmpty() ? "" : rest.toString().replaceAll("[{}]", "").replace("=", " "),
        n,
        measures(json.path("metrics"), n),
        breakdowns,
        Json.number(json, "forward_passes"),
        Json.number(json, "seconds"),
        json);
  }

  /** This result, with what it does not say of the training so far taken from the run's log. */
  EvaluationRecord placedBy(MetricRecord metric) {
    return new EvaluationRecord(
        file,
        run,
        checkpoint,
        step,
        Double.isFinite(sequences) ? sequences : metric.sequences(),
        Double.isFinite(tokens) ? tokens : metric.tokens(),
        Double.isFinite(trainSeconds) ? trainSeconds : metric.seconds(),
        task,
        data,
        dataSha256,
        order,
        tokensPerStep,
        sampler,
        n,
        metrics,
        breakdowns,
        forwardPasses,
        seconds,
        json);
  }

  private static Measure measure(String name, JsonNode json, long resultN) {
    double value = json.isNumber() ? json.asDouble() : Json.number(json, "value");
    long n = json.path("n").asLong(resultN);
    JsonNode ends = json.path("ci95");
    if (ends.size() == 2 && ends.path(0).isNumber() && ends.path(1).isNumber()) {
      return new Measure(value, new Interval(ends.get(0).asDouble(), ends.get(1).asDouble()), n);
    }
    if (name.startsWith("exact_match") && n > 0 && value >= 0 && value <= 1) {
      return new Measure(value, Interval.wilson(value, n), n);
    }
    return new Measure(value, Interval.normal(value, Json.number(json, "standard_error")), n);
  }

  private static Map<String, Measure> measures(JsonNode json, long n) {
    Map<String, Measure> measures = new LinkedHashMap<>();
    json.properties()
        .forEach(
            entry -> {
              Measure measure = measure(entry.getKey(), entry.getValue(), n);
              if (Double.isFinite(measure.value())) {
                measures.put(entry.getKey(), measure);
              }
            });
    return measures;
  }

  /** Exact match by number of givens, ascending; empty when the result has none. */
  SortedMap<Integer, Measure> byGivens() {
    SortedMap<Integer, Measure> bins = new TreeMap<>();
    breakdowns
        .getOrDefault("givens", Map.of())
        .forEach(
            (givens, measure) -> {
              if (givens.matches("\\d{1,3}")) {
                bins.put(Integer.parseInt(givens), measure);
              }
            });
    return bins;
  }
}
