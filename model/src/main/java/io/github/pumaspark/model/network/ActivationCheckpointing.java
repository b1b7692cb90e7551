package io.github.pumaspark.model.network;

/**
 * What the backward pass computes again instead of keeping it; keys are the names in lower case.
 */
public enum ActivationCheckpointing {
  /** Nothing: the fastest. */
  NONE,
  /**
   * Attention probabilities and the inner product of SwiGLU: what is large and cheap to compute.
   */
  SELECTIVE,
  /** Whole blocks; only their inputs are kept. */
  FULL
}
