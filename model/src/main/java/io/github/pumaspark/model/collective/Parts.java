package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;

/**
 * How the elements [start, end) of a buffer, a bucket, are divided among ranks: rank r owns
 * [start(r), end(r)). Inner boundaries are multiples of {@link #ALIGNMENT} elements; late parts may
 * be empty.
 */
public record Parts(int start, int end, int worldSize) {
  /** Elements between two possible boundaries. */
  public static final int ALIGNMENT = 16;

  public Parts {
    Check.argument(0 <= start && start <= end, "invalid bucket: [%s, %s)", start, end);
    Check.argument(
        start % ALIGNMENT == 0, "a bucket must start at a multiple of %s: %s", ALIGNMENT, start);
    Check.argument(worldSize > 0, "world size must be positive: %s", worldSize);
  }

  /** First element of a rank's part. */
  public int start(int rank) {
    int length = end - start;
    long blocks = (length + (ALIGNMENT - 1L)) / ALIGNMENT;
    return start + (int) Math.min(length, blocks * rank / worldSize * ALIGNMENT);
  }

  /** One past the last element of a rank's part. */
  public int end(int rank) {
    return start(rank + 1);
  }

  /** A rank's part. */
  public Segment segment(int rank) {
    return new Segment(start(rank), end(rank));
  }

  /** Elements in a rank's part. */
  public int size(int rank) {
    return end(rank) - start(rank);
  }
}
