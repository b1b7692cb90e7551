package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the network computes against {@link PlainDenoiser}. */
final class ForwardTest {
  /** Float64 over a few dozen sums of a few dozen addends. */
  private static final double EXACT = 1e-12;

  /** The same in float32, whose unit is 6e-8. */
  private static final double SINGLE = 5e-6;

  private static final int LENGTH = 6;
  private static final int ROWS = 3;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  static List<NetworkConfig> configs() {
    return TinyNetworks.allOptions();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void lossesEqualThePlainEquationsUnderEveryOption(NetworkConfig config) {
    try (Denoiser exact = TinyNetworks.network(config, LENGTH, NumberTypes.FP64);
        Denoiser single = TinyNetworks.network(config, LENGTH, NumberTypes.FP32)) {
      PlainDenoiser plain = TinyNetworks.plain(config, LENGTH, exact);
      for (TinyPass.Documents documents : TinyPass.Documents.values()) {
        for (int count : new int[] {1, 5, ROWS * LENGTH}) {
          Pass pass = TinyPass.of(ROWS, LENGTH, documents, count, count);
          double expected = TinyPass.plainLoss(plain, pass, LENGTH);
          Denoiser.Scores scores = exact.forwardBackward(pass, GradientListener.none());
          double found = single.forwardBackward(pass, GradientListener.none()).lossSum();

          assertThat(scores.lossSum()).isCloseTo(expected, within(EXACT * expected));
          assertThat(found).isCloseTo(expected, within(SINGLE * expected));
          for (int i = 0; i < count; i++) {
            double[] logs = TinyPass.at(plain, pass, LENGTH, i);
            double best = Arrays.stream(logs).max().orElseThrow();
            // the arrays are float32
            assertThat((double) scores.nll()[i]).isCloseTo(-logs[pass.targets()[i]], within(1e-6));
            assertThat((double) scores.confidence()[i]).isCloseTo(best, within(1e-6));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void predictionsEqualThePlainEquationsUnderEveryOption(NetworkConfig config) {
    try (Denoiser exact = TinyNetworks.network(config, LENGTH, NumberTypes.FP64);
        Denoiser single = TinyNetworks.network(config, LENGTH, NumberTypes.FP32)) {
      PlainDenoiser plain = TinyNetworks.plain(config, LENGTH, exact);
      Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 8, 4);
      assertPredictions(exact, plain, pass, 1e-6);
      assertPredictions(single, plain, pass, 2e-5);
    }
  }

  @ParameterizedTest
  @EnumSource(NetworkProfile.class)
  void rowsOfOneTokenEqualThePlainEquations(NetworkProfile profile) {
    NetworkConfig config = TinyNetworks.config(2, false, true, 0, profile);
    try (Denoiser exact = TinyNetworks.network(config, 1, NumberTypes.FP64)) {
      PlainDenoiser plain = TinyNetworks.plain(config, 1, exact);
      Pass pass = TinyPass.of(3, 1, TinyPass.Documents.ONE, 2, 6);
      double expected = TinyPass.plainLoss(plain, pass, 1);

      assertThat(exact.forwardBackward(pass, GradientListener.none()).lossSum())
          .isCloseTo(expected, within(EXACT * expected));
    }
  }

  @ParameterizedTest
  @EnumSource(ActivationCheckpointing.class)
  void chunksOfOneRowEqualThePlainEquations(ActivationCheckpointing checkpointing) {
    NetworkConfig config = TinyNetworks.config(2, false, true, 0, NetworkProfile.DEFAULT);
    try (Denoiser exact =
        TinyNetworks.network(
            config, LENGTH, NumberTypes.FP64, checkpointing, TinyNetworks.ONE_BY_ONE)) {
      PlainDenoiser plain = TinyNetworks.plain(config, LENGTH, exact);
      Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 11, 6);
      double expected = TinyPass.plainLoss(plain, pass, LENGTH);

      assertThat(exact.forwardBackward(pass, GradientListener.none()).lossSum())
          .isCloseTo(expected, within(EXACT * expected));
      assertPredictions(exact, plain, pass, 1e-6);
    }
  }

  @Test
  void paddingChangesNothingBeforeIt() {
    NetworkConfig config = TinyNetworks.config(4, false, false, 0, NetworkProfile.DEFAULT);
    try (Denoiser network = TinyNetworks.network(config, LENGTH, NumberTypes.FP64)) {
      int[] segments = {0, 0, 0, 0, 1, 1};
      int[] positions = {1, 3};
      int[] tokens = {1, 5, 2, 5, 0, 0};
      int[] others = {1, 5, 2, 5, 4, 6};
      float[] before = network.predict(tokens, segments, positions, null).maxLogProb();

      assertThat(network.predict(others, segments, positions, null).maxLogProb())
          .containsExactly(before);
      assertThat(network.predict(others, new int[LENGTH], positions, null).maxLogProb())
          .isNotEqualTo(before);
    }
  }

  @Test
  void causalPositionsSeeNothingLater() {
    NetworkConfig config = TinyNetworks.config(4, false, true, 0, NetworkProfile.DEFAULT);
    try (Denoiser network = TinyNetworks.network(config, LENGTH, NumberTypes.FP64)) {
      int[] tokens = {1, 5, 2, 5, 0, 0};
      int[] others = {1, 5, 2, 5, 4, 6};
      int[] positions = {0, 3};

      assertThat(network.predict(others, new int[LENGTH], positions, null).maxLogProb())
          .containsExactly(network.predict(tokens, new int[LENGTH], positions, null).maxLogProb());
    }
  }

  private static void assertPredictions(
      Denoiser network, PlainDenoiser plain, Pass pass, double tolerance) {
    Predictor.Prediction found =
        network.predict(pass.noisyTokens(), pass.segments(), pass.positions(), pass.targets());
    for (int i = 0; i < pass.positions().length; i++) {
      double[] logs = TinyPass.at(plain, pass, LENGTH, i);
      double[] sorted = Arrays.stream(logs).sorted().toArray();
      double best = sorted[sorted.length - 1];
      double second = sorted[sorted.length - 2];
      double entropy = 0;
      for (double log : logs) {
        entropy -= Math.exp(log) > 0 ? Math.exp(log) * log : 0;
      }
      assertThat(logs[found.token()[i]]).isEqualTo(best);
      assertThat((double) found.maxLogProb()[i]).isCloseTo(best, within(tolerance));
      assertThat((double) found.margin()[i])
          .isCloseTo(Math.exp(best) - Math.exp(second), within(tolerance));
      assertThat((double) found.entropy()[i]).isCloseTo(entropy, within(2 * tolerance));
      assertThat((double) found.targetLogProb()[i])
          .isCloseTo(logs[pass.targets()[i]], within(tolerance));
    }
  }
}
