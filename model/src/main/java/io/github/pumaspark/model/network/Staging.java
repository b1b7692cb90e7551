package io.github.pumaspark.model.network;

/** How the host reads and writes the flat weights and gradient. */
public enum Staging {
  /** In the tensors' own memory; on the CPU only. */
  DIRECT,
  /** Through copies in host memory. */
  STAGED,
  /**
   * As {@link #STAGED}, and gradients are rounded to bfloat16 (nearest even) before they cross to
   * the host, which halves their bytes; the host holds the rounded values as float32.
   */
  STAGED_BF16
}
