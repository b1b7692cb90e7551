package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.engine.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MemoryEstimateTest {
  /*
   * D = 8, two blocks, H = 2, K = 1, C = 4, F = 16, V = 10. With starts at multiples of 16 a block has
   * 16 + 64 + 16 + 32 + 16 + 32 + 16 + 64 + 16 + 3 x 128 = 656 elements, the network
   * 80 + 2 x 656 + 16 + 80 = 1488.
   */
  private static final NetworkConfig SMALL =
      new NetworkConfig(
          0, 0, 8, 2, 2, 1, 16, 10000, 1e-6, false, false, 0, 0.02, NetworkProfile.DEFAULT);

  @Test
  void stateIsFourBytesForWeightAndGradientAndTheRestIsDividedAmongRanks() {
    MemoryEstimate solo = estimate(1, true, Precision.FP32, ActivationCheckpointing.NONE);
    MemoryEstimate half = estimate(2, true, Precision.BF16, ActivationCheckpointing.NONE);

    assertThat(solo.weights()).isEqualTo(4 * 1488);
    assertThat(solo.gradient()).isEqualTo(4 * 1488);
    assertThat(solo.moments()).isEqualTo(8 * 1488);
    assertThat(solo.weightAverage()).isEqualTo(4 * 1488);
    assertThat(solo.weightCopies()).isZero();
    assertThat(half.weights()).isEqualTo(4 * 1488);
    assertThat(half.gradient()).isEqualTo(4 * 1488);
    assertThat(half.moments()).isEqualTo(8 * 744);
    assertThat(half.weightAverage()).isEqualTo(4 * 744);
    assertThat(half.weightCopies()).isEqualTo(2 * 1488);
  }

  @Test
  void withoutAWeightAverageNoneIsCounted() {
    assertThat(estimate(1, false, Precision.FP32, ActivationCheckpointing.NONE).weightAverage())
        .isZero();
  }

  /*
   * Three rows of six tokens. A block keeps of a token, in float32 elements of s bytes but for the first 64 bytes:
   * 16 queries and keys and values, 8 attention outputs, 32 gates and ups; 12 probabilities, 16 activated gates, 16
   * inner products and 16 normed inputs unless they are computed again. So 64 + 116 s, 32 + 56 s (one input again), and for FULL 32 in
   * each of two blocks and 64 + 116 s once.
   */
  @ParameterizedTest
  @CsvSource({
    "FP32, NONE, 19008", "FP32, SELECTIVE, 9216", "FP32, FULL, 10656",
    "BF16, NONE, 10656", "BF16, SELECTIVE, 5184", "BF16, FULL, 6480",
  })
  void activationsFollowCheckpointingAndPrecision(
      Precision precision, ActivationCheckpointing checkpointing, long bytes) {
    assertThat(estimate(1, false, precision, checkpointing).activations()).isEqualTo(bytes);
  }

  @Test
  void scoresAreOfAllPositionsOrOfOneChunk() {
    MemoryEstimate small = estimate(1, false, Precision.FP32, ActivationCheckpointing.NONE);
    MemoryEstimate large =
        MemoryEstimate.of(
            SMALL,
            151_645,
            new MemoryEstimate.Workload(
                4, 512, 1, false, Precision.BF16, ActivationCheckpointing.NONE));

    assertThat(small.headScores()).isEqualTo(18 * 10 * 4);
    // 2^26 bytes are 221 rows of 151,645 scores of 2 bytes, and a rest
    assertThat(large.headScores()).isEqualTo(221L * 151_645 * 2);
  }

  @Test
  void theTotalIsTheSumOfTheItems() {
    assertThat(estimate(2, true, Precision.BF16, ActivationCheckpointing.FULL).total())
        .isEqualTo(5952 + 5952 + 5952 + 2976 + 2976 + 6480 + 360);
  }

  private static MemoryEstimate estimate(
      int worldSize,
      boolean hasWeightAverage,
      Precision precision,
      ActivationCheckpointing checkpointing) {
    return MemoryEstimate.of(
        SMALL,
        10,
        new MemoryEstimate.Workload(3, 6, worldSize, hasWeightAverage, precision, checkpointing));
  }
}
