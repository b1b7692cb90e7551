package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.engine.TorchThread;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the network refuses, before anything has been computed. */
final class BadInputTest {
  private static final NetworkConfig CONFIG =
      TinyNetworks.config(2, false, false, 0, NetworkProfile.DEFAULT);
  private static final int LENGTH = 4;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, TinyNetworks.VOCAB, Integer.MAX_VALUE})
  void tokensOutsideTheVocabularyAreNamedWithTheirPlace(int token) {
    int[] tokens = {0, 1, 2, 3, 0, 1, token, 3};
    String message =
        "Invalid token id: " + token + " at row 1, position 2 (the network's vocabulary has 7 ids)";
    try (Denoiser network = TinyNetworks.network(CONFIG, LENGTH, NumberTypes.FP32)) {
      assertThatThrownBy(() -> network.predict(tokens, new int[8], new int[] {1}, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> train(network, tokens, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThat(TinyNetworks.gradient(network)).containsOnly(0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, TinyNetworks.MASK, TinyNetworks.VOCAB})
  void targetsThatCannotBePredictedAreNamedWithTheirPlace(int target) {
    try (Denoiser network = TinyNetworks.network(CONFIG, LENGTH, NumberTypes.FP32)) {
      assertThatThrownBy(() -> train(network, new int[8], target))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Invalid target: token id "
                  + target
                  + " at row 1, position 1 (must be in [0, 7) and not the mask token 5)");
      assertThat(TinyNetworks.gradient(network)).containsOnly(0);
    }
  }

  @Test
  void rowsLongerThanTheNetworksPositionsAreRefused() {
    NetworkConfig eight =
        new NetworkConfig(
            0, 8, 16, 1, 4, 2, 12, 100, 1e-6, false, false, 0, 0.2, NetworkProfile.DEFAULT);

    assertThatThrownBy(
            () ->
                Denoiser.trainable(
                    eight, TinyNetworks.VOCAB, TinyNetworks.MASK, 9, ComputeSettings.cpu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("network.max-positions 8 is too small for rows of 9 tokens");
  }

  private static void train(Denoiser network, int[] tokens, int target) {
    network.forwardBackward(
        new Pass(
            tokens,
            new int[8],
            new int[] {0, 5},
            new int[] {1, target},
            new float[] {1, 1},
            new long[2]),
        GradientListener.none());
  }
}
