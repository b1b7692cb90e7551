package io.github.pumaspark.model.network;

/** How the host reads and writes the flat weights and gradient. */
public enum Staging {
  /** In the tensors' own memory; on the CPU only. */
  DIRECT,
  /** Through buffers in host memory, copied on demand. */
  STAGED
}
