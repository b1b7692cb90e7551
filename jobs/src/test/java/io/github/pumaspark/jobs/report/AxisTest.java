package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class AxisTest {
  @Test
  void linearAxesHoldTheirDataOnAFewEvenTicks() {
    long seed = 20260101;
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      double a = random.nextGaussian() * Math.pow(10, random.nextInt(-6, 10));
      double b = random.nextBoolean() ? a + Math.abs(a) * random.nextDouble() : -a;
      double min = Math.min(a, b);
      double max = Math.max(a, b);

      Axis axis = Axis.linear(min, max);

      String what = "seed " + seed + ": " + min + " to " + max;
      double span = axis.high() - axis.low();
      assertThat(axis.low()).as(what).isLessThanOrEqualTo(min + 1e-6 * span);
      assertThat(axis.high()).as(what).isGreaterThanOrEqualTo(max - 1e-6 * span);
      assertThat(axis.ticks().size()).as(what).isBetween(2, 8);
      assertThat(axis.position(axis.ticks().get(0))).as(what).isCloseTo(0, within(1e-9));
      assertThat(axis.ticks().stream().map(axis::label).distinct().count())
          .as(what + " " + axis.ticks().stream().map(axis::label).toList())
          .isEqualTo(axis.ticks().size());
    }
  }

  @Test
  void labelsAreShortAndExact() {
    assertThat(labels(Axis.linear(0, 1000)))
        .containsExactly("0", "200", "400", "600", "800", "1,000");
    assertThat(labels(Axis.linear(0, 0.5))).containsExactly("0", "0.1", "0.2", "0.3", "0.4", "0.5");
    assertThat(labels(Axis.linear(0, 0.001))).startsWith("0", "0.0002");
    assertThat(labels(Axis.linear(0, 120_000)))
        .containsExactly("0", "25k", "50k", "75k", "100k", "125k");
    assertThat(labels(Axis.linear(0, 2.4e6)))
        .containsExactly("0", "0.5M", "1M", "1.5M", "2M", "2.5M");
    assertThat(labels(Axis.logarithmic(1770, 128_000)))
        .containsExactly("2k", "5k", "10k", "20k", "50k", "100k");
    assertThat(labels(Axis.proportion())).containsExactly("0", "0.2", "0.4", "0.6", "0.8", "1.0");
  }

  @Test
  void logarithmicAxesGiveEqualRatiosEqualLengths() {
    Axis axis = Axis.logarithmic(1, 10_000);

    assertThat(axis.position(1)).isZero();
    assertThat(axis.position(100)).isCloseTo(0.5, within(1e-12));
    assertThat(axis.position(10_000)).isCloseTo(1, within(1e-12));
  }

  private static List<String> labels(Axis axis) {
    return axis.ticks().stream().map(axis::label).toList();
  }
}
