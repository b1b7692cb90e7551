package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How far one pass in bfloat16 may be from one in float32. */
final class PrecisionTest {
  private static final int LENGTH = 24;
  private static final int ROWS = 4;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @ParameterizedTest
  @EnumSource(NetworkProfile.class)
  void bfloatPassIsCloseToTheFloatPass(NetworkProfile profile) {
    NetworkConfig config =
        new NetworkConfig(0, 0, 64, 3, 4, 2, 96, 100, 1e-6, false, false, 0.1, 0.1, profile);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 40, 4);
    try (Denoiser exact = TinyNetworks.network(config, LENGTH, NumberTypes.FP32);
        Denoiser found = TinyNetworks.network(config, LENGTH, NumberTypes.BF16)) {
      exact.parameters().initialize(5);
      found.parameters().initialize(5);
      double expectedLoss = exact.forwardBackward(pass, GradientListener.none()).lossSum();
      double loss = found.forwardBackward(pass, GradientListener.none()).lossSum();
      double[] expectedGradient = TinyNetworks.gradient(exact);
      double[] gradient = TinyNetworks.gradient(found);

      // bfloat16 rounds at 4e-3: an average loss hardly feels it, a gradient a few times over
      assertThat(loss).isCloseTo(expectedLoss, within(2e-3 * expectedLoss));
      assertThat(TinyNetworks.relativeDistance(gradient, expectedGradient)).isLessThan(0.025);
      for (ParameterTable.Entry entry : exact.parameters().table().entries()) {
        assertThat(
                TinyNetworks.relativeDistance(part(gradient, entry), part(expectedGradient, entry)))
            .as(entry.name())
            .isLessThan(0.06);
      }
    }
  }

  private static double[] part(double[] flat, ParameterTable.Entry entry) {
    return Arrays.copyOfRange(flat, entry.offset(), entry.end());
  }
}
