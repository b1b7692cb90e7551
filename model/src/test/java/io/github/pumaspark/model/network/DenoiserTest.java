package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import java.nio.FloatBuffer;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DenoiserTest {
  private static final int VOCAB = 7;
  private static final int MASK = 5;
  private static final int LENGTH = 6;
  private static final int[] TOKENS = {1, 5, 2, 5, 5, 3, 0, 1, 2, 3, 4, 5};
  private static final int[] ONE_DOCUMENT = new int[12];
  private static final int[] PACKED = {0, 0, 0, 1, 1, 2, 0, 1, 1, 1, 1, 1};
  private static final int[] POSITIONS = {1, 3, 4, 11};
  private static final int[] TARGETS = {2, 6, 0, 1};
  private static final float[] WEIGHTS = {0.1f, 0.2f, 0.3f, 0.4f};

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  static Stream<NetworkConfig> configs() {
    return Stream.of(
        new NetworkConfig(
            0, 0, 16, 2, 4, 4, 24, 10_000, 1e-6, false, false, 0, 0.2, NetworkProfile.DEFAULT),
        new NetworkConfig(
            0, 0, 16, 2, 4, 2, 24, 10_000, 1e-6, true, false, 0, 0.2, NetworkProfile.DEFAULT),
        new NetworkConfig(
            0, 0, 12, 1, 2, 1, 8, 100, 1e-5, false, false, 0, 0.2, NetworkProfile.DEFAULT));
  }

  @Test
  void gradientsAddUpUntilTheyAreZeroed() {
    try (Denoiser network = network(configs().findFirst().orElseThrow())) {
      Parameters parameters = network.parameters();
      network.forwardBackward(
          pass(TOKENS, ONE_DOCUMENT, POSITIONS, TARGETS, WEIGHTS), GradientListener.none());
      float[] once = copy(parameters.gradientBuffer());
      network.forwardBackward(
          pass(TOKENS, ONE_DOCUMENT, POSITIONS, TARGETS, WEIGHTS), GradientListener.none());
      float[] twice = copy(parameters.gradientBuffer());
      parameters.gradientBuffer().put(0, Float.NaN);
      parameters.zeroGradient();

      for (int i = 0; i < once.length; i++) {
        // rows of the embedding are added one by one, to zero the first time
        assertThat(twice[i]).isCloseTo(2 * once[i], within(1e-7f + 1e-6f * Math.abs(once[i])));
      }
      assertThat(copy(parameters.gradientBuffer())).containsOnly(0f);
    }
  }

  @Test
  void gapsBetweenTensorsKeepAGradientOfZero() {
    try (Denoiser network = network(configs().skip(2).findFirst().orElseThrow())) {
      network.forwardBackward(
          pass(TOKENS, ONE_DOCUMENT, POSITIONS, TARGETS, WEIGHTS), GradientListener.none());
      float[] gradient = copy(network.parameters().gradientBuffer());
      int at = 0;
      int gaps = 0;
      for (ParameterTable.Entry entry : network.parameters().table().entries()) {
        for (; at < entry.offset(); at++) {
          assertThat(gradient[at]).isZero();
          gaps++;
        }
        at = entry.end();
      }

      assertThat(gaps).isPositive();
    }
  }

  @Test
  void documentsInOneRowDoNotSeeEachOther() {
    try (Denoiser network = network(configs().findFirst().orElseThrow())) {
      int[] changed = TOKENS.clone();
      changed[0] = 6;
      int[] elsewhere = {3, 4};
      float[] before = network.predict(TOKENS, PACKED, elsewhere, null).maxLogProb();

      assertThat(network.predict(changed, PACKED, elsewhere, null).maxLogProb())
          .containsExactly(before);
      assertThat(network.predict(changed, ONE_DOCUMENT, elsewhere, null).maxLogProb())
          .isNotEqualTo(network.predict(TOKENS, ONE_DOCUMENT, elsewhere, null).maxLogProb());
    }
  }

  @Test
  void initialWeightsAreAFunctionOfTheSeed() {
    NetworkConfig config =
        new NetworkConfig(
            0, 0, 64, 1, 2, 2, 64, 10_000, 1e-6, false, false, 0, 0.02, NetworkProfile.DEFAULT);
    try (Denoiser first =
            Denoiser.forInference(config, VOCAB, MASK, LENGTH, ComputeSettings.cpu());
        Denoiser second = Denoiser.trainable(config, VOCAB, MASK, LENGTH, ComputeSettings.cpu())) {
      first.parameters().initialize(11);
      second.parameters().initialize(11);
      float[] weights = copy(first.parameters().weightBuffer());

      assertThat(copy(second.parameters().weightBuffer())).containsExactly(weights);
      second.parameters().initialize(12);
      assertThat(copy(second.parameters().weightBuffer())).isNotEqualTo(weights);
      ParameterTable.Entry q = first.parameters().table().entries().get(2);
      double square = 0;
      for (int i = q.offset(); i < q.end(); i++) {
        square += weights[i] * weights[i];
      }
      // 4,096 draws: the standard error of the deviation is 1.1 %
      assertThat(Math.sqrt(square / q.elements())).isCloseTo(0.02, within(0.001));
    }
  }

  @Test
  void rowsOfTheWrongLengthAreRefused() {
    try (Denoiser network = network(configs().findFirst().orElseThrow())) {
      assertThatThrownBy(() -> network.predict(new int[7], new int[7], new int[] {0}, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("tokens must fill rows of 6: 7 tokens, 7 segments");
    }
  }

  private static Denoiser network(NetworkConfig config) {
    Denoiser network = Denoiser.trainable(config, VOCAB, MASK, LENGTH, ComputeSettings.cpu());
    network.parameters().initialize(3);
    FloatBuffer weights = network.parameters().weightBuffer();
    Random random = new Random(9);
    for (ParameterTable.Entry entry : network.parameters().table().entries()) {
      if (entry.initial() == ParameterTable.Initial.ZEROS) {
        for (int i = entry.offset(); i < entry.end(); i++) {
          weights.put(i, (float) (0.3 * random.nextGaussian()));
        }
      }
    }
    network.parameters().weightsWritten();
    return network;
  }

  private static Pass pass(
      int[] tokens, int[] segments, int[] positions, int[] targets, float[] weights) {
    return new Pass(
        tokens, segments, positions, targets, weights, new long[tokens.length / LENGTH]);
  }

  private static float[] copy(FloatBuffer buffer) {
    float[] values = new float[buffer.limit()];
    buffer.get(0, values);
    return values;
  }
}
