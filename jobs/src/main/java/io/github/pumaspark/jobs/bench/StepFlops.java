package io.github.pumaspark.jobs.bench;

import java.util.Locale;

/**
 * Floating-point operations that a training step needs by the usual count: two for each weight that
 * a token meets in the forward pass, twice that in the backward pass. The embedding is a look-up,
 * the head works on masked positions only; attention scores are not counted.
 *
 * @param nonEmbeddingParameters without embedding and head
 * @param tokens of the batch, prompt and padding included
 * @param vocabSize V
 * @param width D
 */
record StepFlops(long nonEmbeddingParameters, long tokens, long vocabSize, long width) {
  /** Operations of a step with the given number of masked positions over the batch. */
  double of(long maskedPositions) {
    return 6.0 * nonEmbeddingParameters * tokens + 6.0 * vocabSize * width * maskedPositions;
  }

  /** The formula with its numbers, but for the masked positions, of which the mean is given. */
  String formula(double meanMaskedPositions) {
    return String.format(
        Locale.ROOT,
        "6 x non-embedding parameters x tokens + 6 x V x width x masked positions"
            + " = 6 x %d x %d + 6 x %d x %d x %.1f",
        nonEmbeddingParameters,
        tokens,
        vocabSize,
        width,
        meanMaskedPositions);
  }
}
