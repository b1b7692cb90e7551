package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Parts;
import io.github.pumaspark.model.network.GradientListener;
import java.util.function.IntConsumer;

/**
 * Starts the exchange of a bucket as soon as its gradient is complete. Buckets are started in their
 * order, 0, 1, 2, ..., on every rank, however the ranges come in: a rank without masked positions
 * reports everything at once, and the others must not wait for it in another order.
 */
final class ReadyBuckets implements GradientListener {
  private final Buckets buckets;
  private final IntConsumer start;
  private final int[] missing; // elements of each bucket that are not complete
  private int next;

  /**
   * @param start what is called for every bucket once
   */
  ReadyBuckets(Buckets buckets, IntConsumer start) {
    this.buckets = buckets;
    this.start = start;
    this.missing = new int[buckets.count()];
    begin();
  }

  /** Nothing is complete. */
  void begin() {
    for (int bucket = 0; bucket < missing.length; bucket++) {
      missing[bucket] = buckets.end(bucket) - buckets.start(bucket);
    }
    next = 0;
  }

  @Override
  public void finished(int from, int to) {
    // The gap behind a tensor has no gradient of its own.
    int end =
        Math.min(buckets.length(), (to + Parts.ALIGNMENT - 1) / Parts.ALIGNMENT * Parts.ALIGNMENT);
    for (int bucket = 0; bucket < missing.length; bucket++) {
      int overlap = Math.min(end, buckets.end(bucket)) - Math.max(from, buckets.start(bucket));
      missing[bucket] -= Math.max(0, overlap);
      if (missing[bucket] < 0) {
        throw new IllegalStateException(
            "Gradient of elements [%s, %s) was finished before".formatted(from, to));
      }
    }
    while (next < missing.length && missing[next] == 0) {
      start.accept(next++);
    }
  }

  /** Everything is complete, reported or not. */
  void complete() {
    while (next < missing.length) {
      start.accept(next++);
    }
  }
}
