package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;

/**
 * How a buffer of {@code length} float32 values is divided among ranks: rank r owns [start(r),
 * end(r)). Inner boundaries are multiples of 16 elements; late parts may be empty.
 */
public record Parts(int length, int worldSize) {
  private static final int ALIGNMENT = 16;

  public Parts {
    Check.argument(length >= 0, "length must not be negative: %s", length);
    Check.argument(worldSize > 0, "world size must be positive: %s", worldSize);
  }

  /** First element of a rank's part. */
  public int start(int rank) {
    long blocks = (length + (ALIGNMENT - 1L)) / ALIGNMENT;
    return (int) Math.min(length, blocks * rank / worldSize * ALIGNMENT);
  }

  /** One past the last element of a rank's part. */
  public int end(int rank) {
    return start(rank + 1);
  }

  /** Elements in a rank's part. */
  public int size(int rank) {
    return end(rank) - start(rank);
  }
}
