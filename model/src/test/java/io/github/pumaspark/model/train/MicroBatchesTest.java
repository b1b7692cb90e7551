package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A step in parts is the step at once, dropout included. */
final class MicroBatchesTest {
  private static final int ROWS = 8;
  private static final int LENGTH = 6;
  private static final int VOCAB = 7;
  private static final int MASK = 5;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4})
  void gradientDoesNotDependOnMicroBatches(int microBatchSize) {
    try (Denoiser network = network(0.3)) {
      Step whole = step(network, batch(0, ROWS, 5), 0, ROWS, 3);
      Step parts = step(network, batch(0, ROWS, 5), 0, microBatchSize, 3);

      // float32 sums of the same addends in another order
      assertThat(distance(parts.gradient, whole.gradient)).isLessThan(1e-5);
      assertThat(parts.lossSum).isCloseTo(whole.lossSum, within(1e-6 * whole.lossSum));
      for (int i = 0; i < whole.confidence.length; i++) {
        assertThat(parts.confidence[i]).isCloseTo(whole.confidence[i], within(1e-5f));
      }
    }
  }

  @Test
  void gradientDoesNotDependOnWhichRankHasARow() {
    try (Denoiser network = network(0.3)) {
      Step whole = step(network, batch(0, ROWS, 5), 0, ROWS, 3);
      Step first = step(network, batch(0, 3, 5), 0, ROWS, 3);
      Step second = step(network, batch(3, ROWS, 5), 3, ROWS, 3);
      double[] sum = first.gradient.clone();
      for (int i = 0; i < sum.length; i++) {
        sum[i] += second.gradient[i];
      }

      assertThat(distance(sum, whole.gradient)).isLessThan(1e-5);
    }
  }

  @Test
  void dropoutDependsOnSeedStepAndGlobalRow() {
    try (Denoiser network = network(0.3)) {
      double[] gradient = step(network, batch(0, ROWS, 5), 0, ROWS, 3).gradient;

      assertThat(distance(step(network, batch(0, ROWS, 5), 0, ROWS, 3).gradient, gradient))
          .isZero();
      assertThat(distance(step(network, batch(0, ROWS, 5), 0, ROWS, 4).gradient, gradient))
          .isGreaterThan(0.1);
      assertThat(distance(step(network, batch(0, ROWS, 6), 0, ROWS, 3).gradient, gradient))
          .isGreaterThan(0.1);
      assertThat(distance(step(network, batch(0, ROWS, 5), 1, ROWS, 3).gradient, gradient))
          .isGreaterThan(0.1);
    }
  }

  private record Step(double[] gradient, double lossSum, float[] confidence) {}

  private static Step step(
      Denoiser network, MaskedBatch batch, int firstRow, int microBatchSize, long seed) {
    network.parameters().zeroGradient();
    MicroBatches.Result result =
        new MicroBatches(network, microBatchSize, ROWS, seed, firstRow)
            .run(batch, GradientListener.none());
    FloatBuffer gradient = network.parameters().gradientBuffer();
    double[] copy = new double[gradient.limit()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = gradient.get(i);
    }
    return new Step(copy, result.lossSum(), result.confidence());
  }

  /** Rows [from, to) of a batch with another number of masked positions in every row. */
  private static MaskedBatch batch(int from, int to, long step) {
    int[] clean = new Random(2).ints(ROWS * LENGTH, 0, MASK).toArray();
    int[] noisy = clean.clone();
    int[] counts = new int[ROWS];
    int[] segments = new int[ROWS * LENGTH];
    int[] positions =
        java.util.stream.IntStream.range(from * LENGTH, to * LENGTH)
            .filter(flat -> flat % LENGTH <= flat / LENGTH % LENGTH)
            .toArray();
    for (int flat : positions) {
      noisy[flat] = MASK;
      counts[flat / LENGTH]++;
    }
    return new MaskedBatch(
        step,
        to - from,
        Arrays.copyOfRange(clean, from * LENGTH, to * LENGTH),
        Arrays.copyOfRange(noisy, from * LENGTH, to * LENGTH),
        Arrays.copyOfRange(segments, from * LENGTH, to * LENGTH),
        Arrays.copyOfRange(counts, from, to),
        Arrays.stream(positions).map(flat -> flat - from * LENGTH).toArray(),
        (long) (to - from) * LENGTH,
        LongStream.range(from, to).toArray());
  }

  private static Denoiser network(double dropout) {
    NetworkConfig config =
        new NetworkConfig(
            0, 0, 32, 2, 4, 2, 48, 100, 1e-6, false, false, dropout, 0.2, NetworkProfile.DEFAULT);
    Denoiser network = Denoiser.trainable(config, VOCAB, MASK, LENGTH, ComputeSettings.cpu());
    network.parameters().initialize(3);
    return network;
  }

  private static double distance(double[] found, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }
}
