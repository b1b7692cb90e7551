package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * One line of {@code metrics.jsonl}; a number that the line lacks is NaN.
 *
 * @param step optimizer updates so far
 * @param seconds training seconds so far
 * @param sequences distinct sequences consumed so far
 * @param tokens tokens processed so far
 */
record MetricRecord(
    long step,
    double seconds,
    double sequences,
    double tokens,
    double loss,
    double maskRatio,
    double learningRate,
    double gradientNorm,
    double tokensPerSecond) {

  /** Whether a line is a metric record at all; other kinds of line may share the file. */
  static boolean isRecord(JsonNode line) {
    return line.isObject() && line.path("step").canConvertToLong();
  }

  static MetricRecord of(JsonNode line) {
    return new MetricRecord(
        line.path("step").asLong(),
        Json.number(line, "seconds"),
        Json.number(line, "sequences"),
        Json.number(line, "tokens"),
        Json.number(line, "loss"),
        Json.number(line, "mask_ratio"),
        Json.number(line, "learning_rate"),
        Json.number(line, "gradient_norm"),
        Json.number(line, "tokens_per_second"));
  }
}
