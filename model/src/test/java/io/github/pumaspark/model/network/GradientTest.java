package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients against finite differences, each other, and what the listener is told of them. */
final class GradientTest {
  private static final int LENGTH = 5;
  private static final int ROWS = 3;

  /**
   * Of the differences in one direction: the stencil is off by about step^4, rounding by 1e-16 /
   * step.
   */
  private static final double STEP = 2e-4;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  static List<NetworkConfig> configs() {
    return TinyNetworks.allOptions();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void gradientsEqualFiniteDifferencesUnderEveryOption(NetworkConfig config) {
    try (Denoiser network = TinyNetworks.network(config, LENGTH, NumberTypes.FP64)) {
      assertFiniteDifferences(network, TinyPass.of(ROWS, LENGTH, TinyPass.Documents.ONE, 6, 2));
      assertFiniteDifferences(network, TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 6, 2));
    }
  }

  @ParameterizedTest
  @EnumSource(ActivationCheckpointing.class)
  void gradientsEqualFiniteDifferencesWithDropoutAndChunks(ActivationCheckpointing checkpointing) {
    for (NetworkProfile profile : NetworkProfile.values()) {
      NetworkConfig config = TinyNetworks.config(2, false, true, 0.3, profile);
      for (ChunkLimits limits : List.of(ChunkLimits.STANDARD, TinyNetworks.ONE_BY_ONE)) {
        try (Denoiser network =
            TinyNetworks.network(config, LENGTH, NumberTypes.FP64, checkpointing, limits)) {
          assertFiniteDifferences(
              network, TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 7, 3));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15})
  void gradientsEqualFiniteDifferencesAtOneAndAtAllPositions(int count) {
    NetworkConfig config = TinyNetworks.config(1, true, false, 0.2, NetworkProfile.DEFAULT);
    try (Denoiser network = TinyNetworks.network(config, LENGTH, NumberTypes.FP64)) {
      assertFiniteDifferences(network, TinyPass.of(ROWS, LENGTH, TinyPass.Documents.ONE, count, 4));
    }
  }

  @ParameterizedTest
  @EnumSource(NetworkProfile.class)
  void gradientsEqualFiniteDifferencesOfRowsOfOneToken(NetworkProfile profile) {
    NetworkConfig config = TinyNetworks.config(2, false, false, 0, profile);
    try (Denoiser network = TinyNetworks.network(config, 1, NumberTypes.FP64)) {
      assertFiniteDifferences(network, TinyPass.of(4, 1, TinyPass.Documents.ONE, 3, 5));
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void floatGradientsEqualDoubleGradients(NetworkConfig withoutDropout) {
    NetworkConfig config = TinyNetworks.withDropout(withoutDropout, 0.3);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 6, 7);
    try (Denoiser exact = TinyNetworks.network(config, LENGTH, NumberTypes.FP64);
        Denoiser single = TinyNetworks.network(config, LENGTH, NumberTypes.FP32)) {
      double[] expected = TinyNetworks.gradient(exact, pass);

      // float32 rounds at 6e-8; sums of a few dozen addends and two blocks on the way
      assertThat(TinyNetworks.relativeDistance(TinyNetworks.gradient(single, pass), expected))
          .isLessThan(5e-6);
    }
  }

  @ParameterizedTest
  @EnumSource(NumberTypes.class)
  void checkpointingChangesNoBit(NumberTypes types) {
    NetworkConfig config = TinyNetworks.config(2, false, true, 0.3, NetworkProfile.REFERENCE);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 6, 8);
    List<Double> losses = new ArrayList<>();
    List<double[]> gradients = new ArrayList<>();
    for (ActivationCheckpointing checkpointing : ActivationCheckpointing.values()) {
      try (Denoiser network =
          TinyNetworks.network(config, LENGTH, types, checkpointing, ChunkLimits.STANDARD)) {
        network.parameters().zeroGradient();
        losses.add(network.forwardBackward(pass, GradientListener.none()).lossSum());
        gradients.add(TinyNetworks.gradient(network));
      }
    }

    assertThat(losses).containsOnly(losses.get(0));
    assertThat(gradients).allSatisfy(found -> assertThat(found).isEqualTo(gradients.get(0)));
  }

  @ParameterizedTest
  @EnumSource(NumberTypes.class)
  void chunksChangeRoundingOnly(NumberTypes types) {
    NetworkConfig config = TinyNetworks.config(2, false, true, 0.3, NetworkProfile.DEFAULT);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 6, 8);
    ActivationCheckpointing selective = ActivationCheckpointing.SELECTIVE;
    try (Denoiser whole =
            TinyNetworks.network(config, LENGTH, types, selective, ChunkLimits.STANDARD);
        Denoiser parts =
            TinyNetworks.network(config, LENGTH, types, selective, TinyNetworks.ONE_BY_ONE)) {
      // of one sum of products, in the type of products
      double rounding =
          switch (types) {
            case FP64 -> 1e-14;
            case FP32 -> 1e-6;
            case BF16 -> 1e-2;
          };

      assertThat(
              TinyNetworks.relativeDistance(
                  TinyNetworks.gradient(parts, pass), TinyNetworks.gradient(whole, pass)))
          .isLessThan(rounding);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsAreFinishedInOrderAndForGood(boolean tied) {
    NetworkConfig config = TinyNetworks.config(2, tied, false, 0, NetworkProfile.REFERENCE);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.ONE, 6, 9);
    try (Denoiser network = TinyNetworks.network(config, LENGTH, NumberTypes.FP32)) {
      ParameterTable table = network.parameters().table();
      List<String> order = new ArrayList<>();
      double[] announced = new double[table.length()];
      network.parameters().zeroGradient();
      network.forwardBackward(
          pass,
          (start, end) -> {
            double[] now = TinyNetworks.gradient(network);
            System.arraycopy(now, start, announced, start, end - start);
            for (ParameterTable.Entry entry : table.entries()) {
              if (start <= entry.offset() && entry.offset() < end) {
                assertThat(entry.end()).isLessThanOrEqualTo(end);
                order.add(entry.name());
              }
            }
          });

      List<String> expected = new ArrayList<>();
      List<String> names = table.entries().stream().map(ParameterTable.Entry::name).toList();
      if (!tied) {
        expected.add("lm_head.weight");
      }
      expected.add("model.norm.weight");
      for (String block : List.of("model.layers.1.", "model.layers.0.")) {
        names.stream().filter(name -> name.startsWith(block)).forEach(expected::add);
      }
      expected.add("model.embed_tokens.weight");
      assertThat(order).containsExactlyElementsOf(expected).hasSameSizeAs(names);
      assertThat(announced).isEqualTo(TinyNetworks.gradient(network));
    }
  }

  /**
   * Compares the gradient of every tensor along a random direction in which all its elements move.
   */
  private static void assertFiniteDifferences(Denoiser network, Pass pass) {
    double[] gradient = TinyNetworks.gradient(network, pass);
    double[] weights = TinyNetworks.weights(network);
    Random random = new Random(5);
    for (ParameterTable.Entry entry : network.parameters().table().entries()) {
      double[] direction = new double[weights.length];
      double expected = 0;
      double norm = 0;
      for (int i = entry.offset(); i < entry.end(); i++) {
        direction[i] = random.nextBoolean() ? 1 : -1;
        expected += direction[i] * gradient[i];
        norm += gradient[i] * gradient[i];
      }
      double found =
          (8
                      * (loss(network, pass, weights, direction, STEP)
                          - loss(network, pass, weights, direction, -STEP))
                  - loss(network, pass, weights, direction, 2 * STEP)
                  + loss(network, pass, weights, direction, -2 * STEP))
              / (12 * STEP);

      // queries and keys of rows of one token have no gradient at all: hence the second addend
      assertThat(found)
          .as(entry.name())
          .isCloseTo(expected, within(1e-6 * Math.sqrt(norm) + 1e-10));
    }
    TinyNetworks.setWeights(network, weights);
  }

  private static double loss(
      Denoiser network, Pass pass, double[] weights, double[] direction, double step) {
    double[] moved = weights.clone();
    for (int i = 0; i < moved.length; i++) {
      moved[i] += step * direction[i];
    }
    TinyNetworks.setWeights(network, moved);
    return network.forwardBackward(pass, GradientListener.none()).lossSum();
  }
}
