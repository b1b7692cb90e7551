package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a flat buffer of {@code length} elements is cut into buckets, which are exchanged one by one.
 * Bucket 0 is the end of the buffer, where the backward pass begins; it may be shorter than the
 * others.
 *
 * @param elementsPerBucket a multiple of {@link Parts#ALIGNMENT}
 */
public record Buckets(int length, int elementsPerBucket) {
  private static final int ELEMENTS_PER_MEGABYTE = 1_000_000 / Float.BYTES;

  public Buckets {
    Check.argument(length >= 0, "length must not be negative: %s", length);
    Check.argument(
        elementsPerBucket > 0 && elementsPerBucket % Parts.ALIGNMENT == 0,
        "elements per bucket must be a positive multiple of %s: %s",
        Parts.ALIGNMENT,
        elementsPerBucket);
  }

  /** Buckets of {@code collective.bucket-megabytes}. */
  public static Buckets of(int length, CollectiveConfig config) {
    return new Buckets(length, config.bucketMegabytes() * ELEMENTS_PER_MEGABYTE);
  }

  /** Number of buckets; 0 if there are no elements. */
  public int count() {
    return (int) ((length + (elementsPerBucket - 1L)) / elementsPerBucket);
  }

  /** First element of a bucket. */
  public int start(int bucket) {
    return (count() - 1 - bucket) * elementsPerBucket;
  }

  /** One past the last element of a bucket. */
  public int end(int bucket) {
    return (int) Math.min(length, start(bucket) + (long) elementsPerBucket);
  }

  /** What a rank owns, one segment for each bucket in bucket order, empty ones included. */
  public List<Segment> owned(int rank, int worldSize) {
    return IntStream.range(0, count())
        .mapToObj(bucket -> new Parts(start(bucket), end(bucket), worldSize))
        .map(parts -> parts.segment(rank))
        .toList();
  }
}
