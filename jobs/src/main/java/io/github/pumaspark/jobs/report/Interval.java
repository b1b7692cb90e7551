package io.github.pumaspark.jobs.report;

/**
 * A confidence interval; both ends NaN when it is unknown.
 *
 * @param low lower end
 * @param high upper end
 */
record Interval(double low, double high) {
  /** The interval of a value whose spread is not known. */
  static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN);

  /** Two-sided 95% quantile of the normal distribution. */
  private static final double Z = 1.959963984540054;

  /**
   * Wilson's score interval at 95% for a proportion: inside [0, 1], and not empty at 0 or 1, where
   * the normal approximation collapses.
   *
   * @param share observed proportion, in [0, 1]
   * @param n trials, positive
   */
  static Interval wilson(double share, long n) {
    double z2 = Z * Z;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half =
        Z / (1 + z2 / n) * Math.sqrt(share * (1 - share) / n + z2 / (4.0 * n * (double) n));
    // Rounding would leave 4e-19 where the formula gives the end itself.
    return new Interval(
        share == 0 ? 0 : Math.max(0, centre - half), share == 1 ? 1 : Math.min(1, centre + half));
  }

  /** The normal interval at 95%, unknown when the standard error is. */
  static Interval normal(double value, double standardError) {
    return new Interval(value - Z * standardError, value + Z * standardError);
  }

  boolean isKnown() {
    return Double.isFinite(low) && Double.isFinite(high);
  }
}
