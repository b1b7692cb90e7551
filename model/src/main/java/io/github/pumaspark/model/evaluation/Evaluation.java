package io.github.pumaspark.model.evaluation;

/**
 * A result with the sample records it was computed from.
 *
 * @param samples one JSON object per line, each line ended; {@code result.samplesSha256} is its
 *     hash
 */
public record Evaluation(EvaluationResult result, String samples) {}
