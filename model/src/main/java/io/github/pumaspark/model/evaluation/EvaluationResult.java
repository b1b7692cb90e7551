package io.github.pumaspark.model.evaluation;

import java.time.Instant;
import java.util.Map;

/**
 * The stored outcome of an {@link EvaluationUnit}.
 *
 * @param n rows scored
 * @param metrics by name, in the order to show them
 * @param breakdowns by criterion, then by group
 * @param forwardPasses passes summed over rows
 * @param seconds wall-clock time of the evaluation
 * @param evaluatedAt when it ended, to the microsecond
 * @param device what it ran on, in words
 * @param samplesSha256 hash of the file of sample records
 */
public record EvaluationResult(
    EvaluationUnit unit,
    int n,
    Map<String, Metric> metrics,
    Map<String, Map<String, Metric>> breakdowns,
    long forwardPasses,
    double seconds,
    Instant evaluatedAt,
    String device,
    String samplesSha256) {

  /** The key of the unit. */
  public String key() {
    return unit.key();
  }

  /** The same outcome for the same weights under another name. */
  EvaluationResult forModel(EvaluatedModel model) {
    EvaluationUnit renamed =
        new EvaluationUnit(model, unit.data(), unit.task(), unit.codeVersion());
    return new EvaluationResult(
        renamed,
        n,
        metrics,
        breakdowns,
        forwardPasses,
        seconds,
        evaluatedAt,
        device,
        samplesSha256);
  }

  /** The result as one JSON object, the content of its file. */
  public String toJson() {
    return ResultJson.write(this);
  }

  /**
   * Reads {@link #toJson} back.
   *
   * @throws IllegalArgumentException if the text is not a whole, unaltered result of a version this
   *     build reads
   */
  public static EvaluationResult fromJson(String json) {
    return ResultJson.read(json);
  }
}
