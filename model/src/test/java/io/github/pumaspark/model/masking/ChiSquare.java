package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

/** Pearson's test of observed counts against a law. */
final class ChiSquare {
  private ChiSquare() {}

  /** Fails if counts this far from {@code law} come about in fewer than 1 in 30,000 tests. */
  static void assertFollows(long[] observed, double[] law, String what) {
    double total = 0;
    for (long count : observed) {
      total += count;
    }
    double statistic = 0;
    for (int i = 0; i < law.length; i++) {
      double expected = law[i] * total;
      assertThat(expected).as("expected count %s of %s is large enough", i, what).isGreaterThan(5);
      statistic += (observed[i] - expected) * (observed[i] - expected) / expected;
    }
    // Wilson and Hilferty: the cube root of chi-square / df is nearly normal; 4 standard
    // deviations.
    double df = law.length - 1;
    double bound = df * Math.pow(1 - 2 / (9 * df) + 4 * Math.sqrt(2 / (9 * df)), 3);
    assertThat(statistic).as(what).isLessThan(bound);
  }

  static double[] uniform(int size) {
    double[] law = new double[size];
    java.util.Arrays.fill(law, 1.0 / size);
    return law;
  }
}
