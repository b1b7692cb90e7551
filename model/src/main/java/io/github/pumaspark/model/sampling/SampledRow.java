package io.github.pumaspark.model.sampling;

/**
 * A row after sampling.
 *
 * @param tokens [L]; equal to the input at prompt and padding positions, never the mask token
 *     elsewhere
 * @param forwardPasses passes in which this row took part
 */
public record SampledRow(int[] tokens, int forwardPasses) {}
