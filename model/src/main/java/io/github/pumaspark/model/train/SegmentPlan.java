package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.Segment;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which segments of the flat parameters a rank updates: those that it owns, one in each bucket
 * (ZeRO-1), or those of all ranks. Both cut at the same places, so that every element goes through
 * the same machine code and both give the same bits.
 *
 * @param isSharded whether ranks update what they own only
 */
record SegmentPlan(Buckets buckets, int rank, int worldSize, boolean isSharded) {
  /** The plan of a rank for {@code length} parameters. */
  static SegmentPlan of(int length, CollectiveConfig config, Collective collective) {
    return new SegmentPlan(
        Buckets.of(length, config),
        collective.rank(),
        collective.worldSize(),
        config.shardedOptimizer());
  }

  /** The segments to update, by bucket and, within a bucket, by rank. */
  List<Segment> segments() {
    if (isSharded) {
      return buckets.owned(rank, worldSize);
    }
    List<List<Segment>> byRank =
        IntStream.range(0, worldSize).mapToObj(r -> buckets.owned(r, worldSize)).toList();
    return IntStream.range(0, buckets.count())
        .boxed()
        .flatMap(bucket -> byRank.stream().map(owned -> owned.get(bucket)))
        .toList();
  }

  /** Those whose moments and average this rank stores, so that each is stored once. */
  List<Segment> stored() {
    return isSharded || rank == 0 ? segments() : List.of();
  }

  /** Number of the first segment of a bucket; that of the bucket after is one past its last. */
  int first(int bucket) {
    return isSharded ? bucket : bucket * worldSize;
  }

  /** Number of the segment of a bucket that this rank owns. */
  int own(int bucket) {
    return first(bucket) + (isSharded ? 0 : rank);
  }
}
