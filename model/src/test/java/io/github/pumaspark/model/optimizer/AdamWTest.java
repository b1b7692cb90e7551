package io.github.pumaspark.model.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.Parameters;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AdamWTest {
  private static final NetworkConfig TINY =
      new NetworkConfig(
          0, 0, 8, 1, 2, 2, 8, 10_000, 1e-6, false, false, 0, 0.1, NetworkProfile.DEFAULT);
  private static final OptimizerConfig CONFIG =
      new OptimizerConfig(1e-2, 0.9, 0.99, 1e-8, 0.1, 0.5, 0, 0);

  @BeforeEach
  void prepareThread() {
    TorchThread.prepare(1);
  }

  @Test
  void updatesEqualTheEquations() {
    try (Denoiser network = network();
        AdamW optimizer = new AdamW(CONFIG, network.parameters(), part(0, length(network)))) {
      Parameters parameters = network.parameters();
      int n = length(network);
      double[] w = doubles(parameters.weightBuffer());
      double[] m = new double[n];
      double[] v = new double[n];
      Random random = new Random(2);
      for (int step = 1; step <= 5; step++) {
        FloatBuffer gradient = parameters.gradientBuffer();
        double squared = 0;
        for (int i = 0; i < n; i++) {
          gradient.put(i, (float) random.nextGaussian());
          squared += (double) gradient.get(i) * gradient.get(i);
        }
        double[] g = doubles(gradient);

        assertThat(optimizer.gradientSquaredNorm(0)).isCloseTo(squared, within(1e-9 * squared));
        double divisor = Math.sqrt(squared) / CONFIG.clipNorm();
        optimizer.begin(1e-2, Math.sqrt(squared));
        optimizer.update(0);

        for (int i = 0; i < n; i++) {
          double scaled = g[i] / divisor;
          m[i] = 0.9 * m[i] + 0.1 * scaled;
          v[i] = 0.99 * v[i] + 0.01 * scaled * scaled;
          double mHat = m[i] / (1 - Math.pow(0.9, step));
          double vHat = v[i] / (1 - Math.pow(0.99, step));
          w[i] -= 1e-2 * 0.1 * w[i] + 1e-2 * mHat / (Math.sqrt(vHat) + 1e-8);
        }
        FloatBuffer found = parameters.weightBuffer();
        for (int i = 0; i < n; i++) {
          // five float32 updates of 1e-2 each
          assertThat(found.get(i)).isCloseTo((float) w[i], within(2e-6f));
        }
      }
    }
  }

  @Test
  void twoPartsEqualTheWholeBitwise() {
    try (Denoiser whole = network();
        Denoiser halves = network()) {
      int n = length(whole);
      int middle = n / 32 * 16;
      try (AdamW all = new AdamW(CONFIG, whole.parameters(), part(0, n));
          AdamW first = new AdamW(CONFIG, halves.parameters(), part(0, middle));
          AdamW second = new AdamW(CONFIG, halves.parameters(), part(middle, n))) {
        Random random = new Random(4);
        for (int step = 1; step <= 3; step++) {
          FloatBuffer one = whole.parameters().gradientBuffer();
          FloatBuffer two = halves.parameters().gradientBuffer();
          for (int i = 0; i < n; i++) {
            one.put(i, (float) random.nextGaussian());
            two.put(i, one.get(i));
          }
          for (AdamW optimizer : List.of(all, first, second)) {
            optimizer.begin(1e-3, 0.75);
            optimizer.update(0);
          }
        }
      }

      assertThat(doubles(halves.parameters().weightBuffer()))
          .containsExactly(doubles(whole.parameters().weightBuffer()));
    }
  }

  /** Segments as a rank owns them: in bucket order, which is backwards in the buffer. */
  @Test
  void segmentsEqualTheWholeAndKeepTheirMomentsOneAfterTheOther() {
    try (Denoiser whole = network();
        Denoiser cut = network()) {
      int n = length(whole);
      int first = n / 64 * 16;
      int second = n / 32 * 16;
      List<Segment> segments =
          List.of(new Segment(second, n), new Segment(first, first), new Segment(0, second));
      try (AdamW all = new AdamW(CONFIG, whole.parameters(), part(0, n));
          AdamW parts = new AdamW(CONFIG, cut.parameters(), segments)) {
        for (int seed = 1; seed <= 3; seed++) {
          update(whole, all, seed);
          update(cut, parts, seed);
        }
        FloatBuffer flatFirst = FloatBuffer.allocate(n);
        FloatBuffer flatSecond = FloatBuffer.allocate(n);
        all.readMoments(flatFirst, flatSecond);
        FloatBuffer cutFirst = FloatBuffer.allocate(n);
        FloatBuffer cutSecond = FloatBuffer.allocate(n);
        parts.readMoments(cutFirst, cutSecond);

        assertThat(cutFirst.slice(0, n - second)).isEqualTo(flatFirst.slice(second, n - second));
        assertThat(cutSecond.slice(n - second, second)).isEqualTo(flatSecond.slice(0, second));
        assertThat(parts.updates()).isEqualTo(3);
        assertThat(parts.momentBytes()).isEqualTo(8L * n);
      }
      assertThat(doubles(cut.parameters().weightBuffer()))
          .containsExactly(doubles(whole.parameters().weightBuffer()));
    }
  }

  @Test
  void momentsSurviveAReadAndAWrite() {
    try (Denoiser straight = network();
        Denoiser resumed = network()) {
      int n = length(straight);
      AdamW first = new AdamW(CONFIG, straight.parameters(), part(0, n));
      AdamW second = new AdamW(CONFIG, resumed.parameters(), part(0, n));
      update(straight, first, 1);
      update(resumed, second, 1);
      FloatBuffer m = FloatBuffer.allocate(n);
      FloatBuffer v = FloatBuffer.allocate(n);
      second.readMoments(m, v);
      second.close();
      second = new AdamW(CONFIG, resumed.parameters(), part(0, n));
      second.writeMoments(m.flip(), v.flip(), 1);
      update(straight, first, 2);
      update(resumed, second, 2);
      first.close();
      second.close();

      assertThat(doubles(resumed.parameters().weightBuffer()))
          .containsExactly(doubles(straight.parameters().weightBuffer()));
    }
  }

  private static void update(Denoiser network, AdamW optimizer, long seed) {
    Random random = new Random(seed);
    FloatBuffer gradient = network.parameters().gradientBuffer();
    for (int i = 0; i < gradient.limit(); i++) {
      gradient.put(i, (float) random.nextGaussian());
    }
    optimizer.begin(1e-3, 0.1);
    for (int segment = 0; segment < optimizer.segments().size(); segment++) {
      optimizer.update(segment);
    }
  }

  private static Denoiser network() {
    Denoiser network = Denoiser.trainable(TINY, 5, 4, 4, ComputeSettings.cpu());
    network.parameters().initialize(1);
    return network;
  }

  private static List<Segment> part(int start, int end) {
    return List.of(new Segment(start, end));
  }

  private static int length(Denoiser network) {
    return network.parameters().table().length();
  }

  private static double[] doubles(FloatBuffer buffer) {
    double[] values = new double[buffer.limit()];
    for (int i = 0; i < values.length; i++) {
      values[i] = buffer.get(i);
    }
    return values;
  }
}
