package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.CollectiveConfig.StagingChoice;
import io.github.pumaspark.model.collective.CollectiveConfig.Wire;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.network.Staging;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who updates what, in which buckets and through which memory, is not seen in the weights. */
final class ShardedOptimizerTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final int STEPS = 6;
  private static final int BUCKET = 512;

  @TempDir private java.nio.file.Path temporary;
  private Path dataset;

  @BeforeEach
  void writeDataset() throws Exception {
    dataset = new Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, CONFIGURATION, 60);
  }

  /**
   * @param average of the rank's own segments, in their order
   */
  private record Rank(
      float[] weights,
      float[] average,
      List<Double> losses,
      List<Segment> owned,
      long momentBytes,
      int length) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void shardedAndUnshardedUpdatesGiveTheSameBits(int worldSize) throws Exception {
    List<Rank> sharded = train(worldSize, true, Staging.DIRECT, BUCKET);
    List<Rank> whole = train(worldSize, false, Staging.DIRECT, BUCKET);

    long bytes = 0;
    for (int rank = 0; rank < worldSize; rank++) {
      Rank one = sharded.get(rank);
      Rank other = whole.get(rank);
      assertThat(one.weights).isEqualTo(sharded.get(0).weights);
      assertThat(other.weights).isEqualTo(one.weights);
      assertThat(other.losses).isEqualTo(one.losses);
      assertThat(other.momentBytes).isEqualTo(8L * other.length);
      // A segment is cut at multiples of 16 elements in each of the buckets.
      int buckets = (one.length + BUCKET - 1) / BUCKET;
      assertThat(one.momentBytes)
          .isBetween(
              8L * (one.length / worldSize - 16 * buckets),
              8L * (one.length / worldSize + 16 * buckets));
      bytes += one.momentBytes;
    }
    assertThat(bytes).isEqualTo(8L * whole.get(0).length);
    assertThat(averageOf(sharded)).isEqualTo(averageOf(whole.subList(0, 1)));
    assertThat(averageOf(sharded)).isNotEqualTo(sharded.get(0).weights);
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 1024, 1 << 20})
  void bucketsChangeRoundingOnly(int elementsPerBucket) throws Exception {
    List<Rank> expected = train(3, true, Staging.DIRECT, BUCKET);
    List<Rank> found = train(3, true, Staging.DIRECT, elementsPerBucket);

    for (int step = 0; step < STEPS; step++) {
      // The norm by which gradients are clipped is added in another order.
      assertThat(found.get(0).losses.get(step))
          .isCloseTo(expected.get(0).losses.get(step), within(1e-5));
    }
  }

  @ParameterizedTest
  @EnumSource(Staging.class)
  void memoryOfTheExchangeChangesNoBit(Staging staging) throws Exception {
    for (boolean isSharded : new boolean[] {true, false}) {
      List<Rank> staged = train(2, isSharded, staging, BUCKET);
      List<Rank> direct = train(2, isSharded, Staging.DIRECT, BUCKET);

      if (staging == Staging.STAGED_BF16) {
        // This collective does not round by itself: what is rounded is so on the way to it.
        assertThat(staged.get(0).weights).isNotEqualTo(direct.get(0).weights);
      } else {
        assertThat(staged.get(0).weights).isEqualTo(direct.get(0).weights);
      }
      assertThat(staged.get(1).weights).isEqualTo(staged.get(0).weights);
    }
  }

  /** Over sockets exchanges run in the background, while the step computes. */
  @ParameterizedTest
  @CsvSource({"SHM, true", "TCP, true", "SHM, false", "TCP, false"})
  void exchangesInTheBackgroundChangeNoBit(CollectiveConfig.Path path, boolean isSharded)
      throws Exception {
    List<Rank> expected = train(3, true, Staging.DIRECT, BUCKET);

    List<Rank> found =
        train(LocalRanks.sockets(3, over(path, Wire.FP32)), isSharded, Staging.DIRECT, BUCKET);

    for (Rank rank : found) {
      assertThat(rank.weights).isEqualTo(expected.get(0).weights);
      assertThat(rank.losses).isEqualTo(expected.get(0).losses);
    }
  }

  /** On the wire or before it: addends are rounded once, and sums are of the same numbers. */
  @Test
  void roundingOnTheDeviceIsRoundingOnTheWire() throws Exception {
    CollectiveConfig config = over(CollectiveConfig.Path.AUTO, Wire.BF16);
    List<Rank> onWire = train(LocalRanks.sockets(2, config), true, Staging.DIRECT, BUCKET);
    List<Rank> onDevice = train(LocalRanks.sockets(2, config), true, Staging.STAGED_BF16, BUCKET);
    List<Rank> exact = train(2, true, Staging.DIRECT, BUCKET);

    assertThat(onDevice.get(0).weights).isEqualTo(onWire.get(0).weights);
    assertThat(onWire.get(1).weights).isEqualTo(onWire.get(0).weights);
    assertThat(onWire.get(0).weights).isNotEqualTo(exact.get(0).weights);
    for (int step = 0; step < STEPS; step++) {
      assertThat(onWire.get(0).losses.get(step))
          .isCloseTo(exact.get(0).losses.get(step), within(0.01));
    }
  }

  private static CollectiveConfig over(CollectiveConfig.Path path, Wire wire) {
    CollectiveConfig standard = CollectiveConfig.standard();
    return new CollectiveConfig(
        standard.bucketMegabytes(),
        path,
        standard.sharedDirectory(),
        standard.connections(),
        wire,
        standard.staging(),
        standard.shardedOptimizer(),
        standard.encryption());
  }

  @Test
  void aRankMayOwnNothingOfABucket() throws Exception {
    // Buckets of one block of 16 elements have one owner.
    List<Rank> found = train(3, true, Staging.DIRECT, 16);

    assertThat(found.get(0).owned).anyMatch(segment -> segment.size() == 0);
    assertThat(found.get(1).weights).isEqualTo(found.get(0).weights);
  }

  private List<Rank> train(int worldSize, boolean isSharded, Staging staging, int elementsPerBucket)
      throws Exception {
    return train(LocalRanks.world(worldSize), isSharded, staging, elementsPerBucket);
  }

  private List<Rank> train(
      List<Collective> world, boolean isSharded, Staging staging, int elementsPerBucket)
      throws Exception {
    TrainSpec spec =
        LocalRun.guarded(
            dataset,
            STEPS,
            GuardConfig.standard(),
            LocalRun.collective(Wire.FP32, StagingChoice.AUTO, isSharded),
            List.of());
    return LocalRanks.run(
        world,
        collective -> {
          try (RankParts parts =
              new RankParts(spec, CONFIGURATION, collective, staging, elementsPerBucket)) {
            Recorder recorder = new Recorder(parts);
            parts.train(recorder);
            return new Rank(
                parts.weights(),
                parts.average(),
                recorder.reports.stream().map(StepReport::loss).toList(),
                parts.segments(),
                parts.momentBytes(),
                parts.network.parameters().table().length());
          }
        });
  }

  /** The flat average that ranks hold together. */
  private static float[] averageOf(List<Rank> ranks) {
    float[] flat = new float[ranks.get(0).length];
    for (Rank rank : ranks) {
      int from = 0;
      for (Segment segment : rank.owned) {
        System.arraycopy(rank.average, from, flat, segment.start(), segment.size());
        from += segment.size();
      }
    }
    return flat;
  }
}
