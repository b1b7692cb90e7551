package io.github.pumaspark.model.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class WeightAverageTest {
  private static final NetworkConfig TINY =
      new NetworkConfig(
          0, 0, 8, 1, 2, 2, 8, 10_000, 1e-6, false, false, 0, 0.1, NetworkProfile.DEFAULT);

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  /** By hand: weights 1, then 12, then 23; 1 - kept is 9/11 and 9/12. */
  @Test
  void firstUpdatesFollowTheWarmUpRule() {
    try (Denoiser network = network();
        WeightAverage average = whole(0.9999, network)) {
      fill(network, 1);
      average.restart();
      assertThat(read(average, network)).containsOnly(1f);

      fill(network, 12);
      average.update(0, 1);
      // 1 + 9/11 * 11
      assertThat(read(average, network)).containsOnly(10f);

      fill(network, 22);
      average.update(0, 2);
      // 10 + 9/12 * 12
      assertThat(read(average, network)).containsOnly(19f);
    }
  }

  /** (1 + n) / (10 + n) passes 0.5 at n = 8. */
  @Test
  void decayIsReachedAndNotPassed() {
    try (Denoiser network = network();
        WeightAverage average = whole(0.5, network)) {
      fill(network, 0);
      average.restart();
      fill(network, 18);

      average.update(0, 7);
      // kept 8/17 of 0
      assertThat(read(average, network)[0]).isCloseTo(18 * 9 / 17f, within(1e-5f));

      average.restart();
      fill(network, 20);
      average.update(0, 8);
      assertThat(read(average, network)).containsOnly(19f);
      average.restart();
      fill(network, 24);
      average.update(0, 1000);
      assertThat(read(average, network)).containsOnly(22f);
    }
  }

  @Test
  void updatesEqualTheEquationInFloat64() {
    try (Denoiser network = network();
        WeightAverage average = whole(0.9, network)) {
      int n = length(network);
      Random random = new Random(3);
      double[] expected = new double[n];
      randomize(network, random);
      average.restart();
      for (int i = 0; i < n; i++) {
        expected[i] = network.parameters().weightBuffer().get(i);
      }
      for (int update = 1; update <= 100; update++) {
        randomize(network, random);
        average.update(0, update);
        double kept = Math.min(0.9, (1.0 + update) / (10.0 + update));
        for (int i = 0; i < n; i++) {
          expected[i] =
              kept * expected[i] + (1 - kept) * network.parameters().weightBuffer().get(i);
        }
      }

      float[] found = read(average, network);
      for (int i = 0; i < n; i++) {
        // numbers of about 1, each update rounds three times
        assertThat(found[i]).isCloseTo((float) expected[i], within(2e-6f));
      }
    }
  }

  @Test
  void partsEqualTheWholeBitwise() {
    try (Denoiser network = network()) {
      int n = length(network);
      int middle = n / 48 * 16;
      try (WeightAverage all = whole(0.99, network);
          WeightAverage first = new WeightAverage(0.99, network.parameters(), part(0, middle));
          WeightAverage second = new WeightAverage(0.99, network.parameters(), part(middle, n))) {
        Random random = new Random(5);
        all.restart();
        first.restart();
        second.restart();
        for (int update = 1; update <= 20; update++) {
          randomize(network, random);
          all.update(0, update);
          first.update(0, update);
          second.update(0, update);
        }

        FloatBuffer joined = FloatBuffer.allocate(n);
        first.read(joined);
        second.read(joined);
        assertThat(joined.array()).containsExactly(read(all, network));
      }
    }
  }

  @Test
  void averageSurvivesAReadAndAWrite() {
    try (Denoiser network = network();
        WeightAverage straight = whole(0.99, network);
        WeightAverage resumed = whole(0.99, network)) {
      straight.restart();
      randomize(network, new Random(6));
      straight.update(0, 1);
      resumed.write(FloatBuffer.wrap(read(straight, network)));
      randomize(network, new Random(7));
      straight.update(0, 2);
      resumed.update(0, 2);

      assertThat(read(resumed, network)).containsExactly(read(straight, network));
    }
  }

  @Test
  void decayOfZeroIsOff() {
    try (Denoiser network = network();
        WeightAverage average = whole(0, network)) {
      average.restart();
      average.update(0, 1);

      assertThat(average.isOn()).isFalse();
      FloatBuffer nothing = FloatBuffer.allocate(0);
      average.read(nothing);
    }
  }

  private static WeightAverage whole(double decay, Denoiser network) {
    return new WeightAverage(decay, network.parameters(), part(0, length(network)));
  }

  private static Denoiser network() {
    return Denoiser.trainable(TINY, 5, 4, 4, ComputeSettings.cpu());
  }

  private static List<Segment> part(int start, int end) {
    return List.of(new Segment(start, end));
  }

  private static int length(Denoiser network) {
    return network.parameters().table().length();
  }

  private static float[] read(WeightAverage average, Denoiser network) {
    FloatBuffer values = FloatBuffer.allocate(length(network));
    average.read(values);
    return values.array();
  }

  private static void fill(Denoiser network, float value) {
    FloatBuffer weights = network.parameters().weightBuffer();
    for (int i = 0; i < weights.limit(); i++) {
      weights.put(i, value);
    }
    network.parameters().weightsWritten();
  }

  private static void randomize(Denoiser network, Random random) {
    FloatBuffer weights = network.parameters().weightBuffer();
    for (int i = 0; i < weights.limit(); i++) {
      weights.put(i, (float) random.nextGaussian());
    }
    network.parameters().weightsWritten();
  }
}
