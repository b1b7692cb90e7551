package io.github.pumaspark.model.network;

/** Which equations the network follows; keys are the names in lower case. */
public enum NetworkProfile {
  /**
   * Qwen2's: half-split rotary positions, no bias on the output projection, normal initial weights.
   */
  DEFAULT,
  /**
   * Those of PUMA's reference implementation: its rotary positions, whose pairs turn by two
   * different angles, a bias on the output projection, and PyTorch's default initial weights.
   */
  REFERENCE
}
