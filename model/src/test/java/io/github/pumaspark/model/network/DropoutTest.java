package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.engine.TorchThread;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What dropout drops: seen from outside, a dropped channel's row of the weight has no gradient. */
final class DropoutTest {
  private static final String ATTENTION = "self_attn.o_proj.weight";
  private static final String FEED_FORWARD = "mlp.down_proj.weight";
  private static final int WIDTH = 256;

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.3, 0.5})
  void droppedShareIsBinomial(double dropout) {
    int length = 3;
    int keys = 40;
    Random random = new Random(17);
    int[] ofChannel = new int[WIDTH];
    int dropped = 0;
    try (Denoiser network = wide(1, length, dropout)) {
      for (int i = 0; i < keys; i++) {
        Pass pass = pass(length, i % length, random.nextLong());
        network.parameters().zeroGradient();
        network.forwardBackward(pass, GradientListener.none());
        for (String branch : new String[] {ATTENTION, FEED_FORWARD}) {
          BitSet channels = dropped(network, 0, branch);
          channels.stream().forEach(channel -> ofChannel[channel]++);
          dropped += channels.cardinality();
        }
      }
    }

    int draws = 2 * keys * WIDTH;
    // five standard errors; the seed is fixed
    assertThat((double) dropped)
        .isCloseTo(draws * dropout, within(5 * Math.sqrt(draws * dropout * (1 - dropout))));
    int perChannel = 2 * keys;
    for (int count : ofChannel) {
      assertThat((double) count)
          .isCloseTo(
              perChannel * dropout, within(5.5 * Math.sqrt(perChannel * dropout * (1 - dropout))));
    }
  }

  @Test
  void rowsDropTheSameChannelsWhereverTheyAreInABatch() {
    int length = 3;
    try (Denoiser network = wide(1, length, 0.3)) {
      BitSet alone = dropped(network, pass(length, 1, 77), ATTENTION);
      int[] tokens = {1, 2, 3, 4, 0, 2, 2, 5, 4, 0, 0, 1};
      for (int row = 0; row < 4; row++) {
        long[] keys = {5, 6, 7, 8};
        keys[row] = 77;
        Pass pass =
            new Pass(
                tokens,
                new int[12],
                new int[] {row * length + 1},
                new int[] {3},
                new float[] {1},
                keys);

        assertThat(dropped(network, pass, ATTENTION)).isEqualTo(alone);
      }
    }
  }

  @Test
  void everyKeyPositionLayerAndBranchDropsOtherChannels() {
    Set<BitSet> seen = new HashSet<>();
    try (Denoiser network = wide(1, 3, 0.3)) {
      for (long key : new long[] {77, 78}) {
        for (int position = 0; position < 3; position++) {
          for (String branch : new String[] {ATTENTION, FEED_FORWARD}) {
            seen.add(dropped(network, pass(3, position, key), branch));
          }
        }
      }
    }
    assertThat(seen).hasSize(12);
    try (Denoiser network = wide(2, 1, 0.3)) {
      BitSet first = dropped(network, pass(1, 0, 77), ATTENTION);

      assertThat(seen).contains(first);
      assertThat(seen).doesNotContain(dropped(network, 1, ATTENTION));
    }
  }

  @ParameterizedTest
  @EnumSource(NetworkProfile.class)
  void lossUnderDropoutEqualsThePlainEquations(NetworkProfile profile) {
    int length = 5;
    NetworkConfig config = TinyNetworks.config(2, false, false, 0.3, profile);
    Pass pass = TinyPass.of(3, length, TinyPass.Documents.PACKED, 8, 4);
    try (Denoiser network = TinyNetworks.network(config, length, NumberTypes.FP64)) {
      PlainDenoiser plain = TinyNetworks.plain(config, length, network);
      double expected = TinyPass.plainLoss(plain, pass, length, row -> dropping(config, pass, row));

      assertThat(network.forwardBackward(pass, GradientListener.none()).lossSum())
          .isCloseTo(expected, within(1e-12 * expected));
      assertThat(expected)
          .isNotCloseTo(TinyPass.plainLoss(plain, pass, length), within(1e-3 * expected));
    }
  }

  @ParameterizedTest
  @EnumSource(NumberTypes.class)
  void nothingDroppedIsBitwiseNoDropout(NumberTypes types) {
    int length = 5;
    Pass pass = TinyPass.of(3, length, TinyPass.Documents.ONE, 8, 4);
    NetworkConfig without = TinyNetworks.config(2, false, false, 0, NetworkProfile.DEFAULT);
    // goes through all of dropout, but rounds to no channel at all and to a factor of 1
    NetworkConfig never = TinyNetworks.withDropout(without, 1e-17);
    try (Denoiser expected = TinyNetworks.network(without, length, types);
        Denoiser found = TinyNetworks.network(never, length, types)) {
      assertThat(TinyNetworks.gradient(found, pass))
          .isEqualTo(TinyNetworks.gradient(expected, pass));
      assertThat(
              TinyNetworks.gradient(
                  expected,
                  new Pass(
                      pass.noisyTokens(),
                      pass.segments(),
                      pass.positions(),
                      pass.targets(),
                      pass.lossWeights(),
                      new long[3])))
          .isEqualTo(TinyNetworks.gradient(expected, pass));
    }
  }

  @Test
  void predictionNeverDrops() {
    int length = 5;
    Pass pass = TinyPass.of(3, length, TinyPass.Documents.ONE, 8, 4);
    NetworkConfig without = TinyNetworks.config(2, false, false, 0, NetworkProfile.DEFAULT);
    NetworkConfig with = TinyNetworks.withDropout(without, 0.5);
    try (Denoiser expected = TinyNetworks.network(without, length, NumberTypes.FP32);
        Denoiser found = TinyNetworks.network(with, length, NumberTypes.FP32)) {
      assertThat(logProb(found, pass)).isEqualTo(logProb(expected, pass));
      assertThat(found.forwardBackward(pass, GradientListener.none()).lossSum())
          .isNotEqualTo(expected.forwardBackward(pass, GradientListener.none()).lossSum());
    }
  }

  /** The documented hash of key, position and channel, with factors whose mean is 1. */
  private static PlainDenoiser.Dropping dropping(NetworkConfig config, Pass pass, int row) {
    return (layer, branch, position, channel) -> {
      long key = CounterRandom.bits(pass.dropoutKeys()[row], Purpose.DROPOUT, layer, branch);
      long cell = (long) position * config.width() + channel;
      long h = key + cell * 0x9E3779B97F4A7C15L;
      h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9L;
      h = (h ^ (h >> 27)) * 0x94D049BB133111EBL;
      long draw = (h ^ (h >> 31)) & 0xFFFFFF;
      return draw / (double) (1 << 24) < config.dropout() ? 0 : 1 / (1 - config.dropout());
    };
  }

  private static float[] logProb(Denoiser network, Pass pass) {
    return network
        .predict(pass.noisyTokens(), pass.segments(), pass.positions(), pass.targets())
        .targetLogProb();
  }

  private static Denoiser wide(int layers, int length, double dropout) {
    return TinyNetworks.network(
        new NetworkConfig(
            0,
            0,
            WIDTH,
            layers,
            2,
            1,
            8,
            100,
            1e-6,
            false,
            false,
            dropout,
            0.2,
            NetworkProfile.DEFAULT),
        length,
        NumberTypes.FP32);
  }

  private static Pass pass(int length, int position, long key) {
    int[] tokens = new int[length];
    tokens[position] = TinyNetworks.MASK;
    return new Pass(
        tokens,
        new int[length],
        new int[] {position},
        new int[] {3},
        new float[] {1},
        new long[] {key});
  }

  private static BitSet dropped(Denoiser network, Pass pass, String branch) {
    network.parameters().zeroGradient();
    network.forwardBackward(pass, GradientListener.none());
    return dropped(network, 0, branch);
  }

  /** Channels whose row of the gradient is zero. */
  private static BitSet dropped(Denoiser network, int layer, String branch) {
    double[] gradient = TinyNetworks.gradient(network);
    String name = "model.layers." + layer + "." + branch;
    ParameterTable.Entry entry =
        network.parameters().table().entries().stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElseThrow();
    int columns = entry.elements() / WIDTH;
    BitSet dropped = new BitSet();
    for (int channel = 0; channel < WIDTH; channel++) {
      boolean isZero = true;
      for (int i = 0; i < columns; i++) {
        isZero &= gradient[entry.offset() + channel * columns + i] == 0;
      }
      dropped.set(channel, isZero);
    }
    return dropped;
  }
}
