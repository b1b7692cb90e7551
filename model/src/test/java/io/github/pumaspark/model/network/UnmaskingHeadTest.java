package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.engine.TorchThread;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Loss and gradients at masked positions, in chunks, against the dense formula: the log-softmax of
 * every position over the vocabulary without the mask token, weighing 0 where nothing is masked.
 */
final class UnmaskingHeadTest {
  private static final int LENGTH = 6;
  private static final int ROWS = 3;
  private static final int CELLS = ROWS * LENGTH;
  private static final int WIDTH = 16;
  private static final int VOCAB = TinyNetworks.VOCAB;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  static Stream<ChunkLimits> limits() {
    return Stream.of(ChunkLimits.STANDARD, TinyNetworks.ONE_BY_ONE, uneven());
  }

  /** Chunks whose last one is smaller than the others. */
  private static ChunkLimits uneven() {
    return new ChunkLimits(1 << 10, 4 * VOCAB * Double.BYTES, 3 * VOCAB, 3 * WIDTH);
  }

  @ParameterizedTest
  @MethodSource("limits")
  void lossAndGradientsEqualTheDenseFormula(ChunkLimits limits) {
    NetworkConfig config = TinyNetworks.config(2, false, false, 0, NetworkProfile.DEFAULT);
    Pass pass = TinyPass.of(ROWS, LENGTH, TinyPass.Documents.PACKED, 11, 3);
    try (Denoiser network =
        TinyNetworks.network(
            config, LENGTH, NumberTypes.FP64, ActivationCheckpointing.NONE, limits)) {
      PlainDenoiser plain = TinyNetworks.plain(config, LENGTH, network);
      double[] weights = TinyNetworks.weights(network);
      ParameterTable.Entry head = entry(network, "lm_head.weight");
      ParameterTable.Entry norm = entry(network, "model.norm.weight");
      double[][] hidden = new double[CELLS][];
      double[][] dscores = new double[CELLS][VOCAB];
      double loss = dense(plain, pass, hidden, dscores);
      double[] expected = new double[weights.length];
      for (int i = 0; i < CELLS; i++) {
        for (int v = 0; v < VOCAB; v++) {
          for (int c = 0; c < WIDTH; c++) {
            int element = head.offset() + v * WIDTH + c;
            expected[element] += dscores[i][v] * hidden[i][c];
            // a hidden state is its norm's weight times something else
            expected[norm.offset() + c] +=
                dscores[i][v] * weights[element] * hidden[i][c] / weights[norm.offset() + c];
          }
        }
      }

      network.parameters().zeroGradient();
      Denoiser.Scores scores = network.forwardBackward(pass, GradientListener.none());
      double[] found = TinyNetworks.gradient(network);

      assertThat(scores.lossSum()).isCloseTo(loss, within(1e-12 * loss));
      for (ParameterTable.Entry entry : new ParameterTable.Entry[] {head, norm}) {
        for (int i = entry.offset(); i < entry.end(); i++) {
          assertThat(found[i]).as(entry.name()).isCloseTo(expected[i], within(1e-12));
        }
      }
      int mask = head.offset() + TinyNetworks.MASK * WIDTH;
      assertThat(Arrays.copyOfRange(found, mask, mask + WIDTH)).containsOnly(0);
    }
  }

  /** The loss over all positions; fills the hidden states and the gradient of all scores. */
  private static double dense(
      PlainDenoiser plain, Pass pass, double[][] hidden, double[][] dscores) {
    double loss = 0;
    for (int row = 0; row < ROWS; row++) {
      int from = row * LENGTH;
      int[] tokens = Arrays.copyOfRange(pass.noisyTokens(), from, from + LENGTH);
      int[] segments = Arrays.copyOfRange(pass.segments(), from, from + LENGTH);
      double[][] logs = plain.logProbabilities(tokens, segments, PlainDenoiser.Dropping.NONE);
      double[][] states = plain.hidden(tokens, segments, PlainDenoiser.Dropping.NONE);
      for (int i = 0; i < LENGTH; i++) {
        int n = Arrays.binarySearch(pass.positions(), from + i);
        double weight = n < 0 ? 0 : pass.lossWeights()[n];
        int target = n < 0 ? 0 : pass.targets()[n];
        loss -= weight * logs[i][target];
        hidden[from + i] = states[i];
        for (int v = 0; v < VOCAB; v++) {
          dscores[from + i][v] = weight * (Math.exp(logs[i][v]) - (v == target ? 1 : 0));
        }
      }
    }
    return loss;
  }

  private static ParameterTable.Entry entry(Denoiser network, String name) {
    return network.parameters().table().entries().stream()
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
