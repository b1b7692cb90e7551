package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IntervalTest {
  /** By definition, the ends are the proportions whose z score at the observed one is 1.96. */
  @ParameterizedTest
  @CsvSource({"0, 20", "1, 20", "10, 20", "20, 20", "487, 500", "500, 500", "3, 100000"})
  void wilsonEndsAreWhereTheScoreTestTurns(long correct, long n) {
    double share = (double) correct / n;

    Interval interval = Interval.wilson(share, n);

    assertThat(interval.low()).isCloseTo(turn(share, n, 0, share), within(1e-9));
    assertThat(interval.high()).isCloseTo(turn(share, n, 1, share), within(1e-9));
  }

  private static double turn(double share, long n, double outside, double inside) {
    double out = outside;
    double in = inside;
    for (int i = 0; i < 200; i++) {
      double middle = (out + in) / 2;
      double score = Math.abs(share - middle) / Math.sqrt(middle * (1 - middle) / n);
      if (score > 1.959963984540054) {
        out = middle;
      } else {
        in = middle;
      }
    }
    return (out + in) / 2;
  }
}
