package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.lang.Check;
import org.jspecify.annotations.Nullable;

/**
 * A measured number with its error bar.
 *
 * @param value the estimate; finite
 * @param standardError its standard error, or null where one sample leaves it unknown
 * @param ci95 95% confidence interval: Wilson for fractions, normal for means; null with {@code
 *     standardError}, except that a fraction always has one
 * @param n samples behind the estimate
 */
public record Metric(
    double value, @Nullable Double standardError, @Nullable Interval ci95, long n) {
  private static final double Z_95 = 1.959963984540054;
  private static final double Z_80_POWER = 0.8416212335729143;

  public Metric {
    Check.argument(Double.isFinite(value), "Invalid metric: %s (must be finite)", value);
  }

  /**
   * The share of successes, with the Wilson score interval.
   *
   * @param n trials, at least 1
   */
  public static Metric fraction(long successes, long n) {
    Check.argument(
        n > 0 && successes >= 0 && successes <= n, "Invalid fraction: %s of %s", successes, n);
    double p = (double) successes / n;
    double z2 = Z_95 * Z_95;
    double center = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z_95 * Math.sqrt(p * (1 - p) / n + z2 / (4.0 * n * n)) / (1 + z2 / n);
    Interval wilson =
        new Interval(
            successes == 0 ? 0 : Math.max(0, center - half),
            successes == n ? 1 : Math.min(1, center + half));
    return new Metric(p, Math.sqrt(p * (1 - p) / n), wilson, n);
  }

  /** The mean of at least one value, with the normal interval. */
  public static Metric mean(double[] values) {
    double[] ones = new double[values.length];
    java.util.Arrays.fill(ones, 1);
    return ratio(values, ones);
  }

  /**
   * The sum of {@code numerators} over the sum of {@code denominators}, as in nats per token over
   * rows; the standard error takes the pairs as independent draws (linearised ratio).
   */
  public static Metric ratio(double[] numerators, double[] denominators) {
    int n = numerators.length;
    Check.argument(
        n > 0 && n == denominators.length,
        "Invalid ratio: %s over %s values",
        n,
        denominators.length);
    double numerator = 0;
    double denominator = 0;
    for (int i = 0; i < n; i++) {
      numerator += numerators[i];
      denominator += denominators[i];
    }
    double value = numerator / denominator;
    if (n == 1) {
      return new Metric(value, null, null, n);
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double residual = numerators[i] - value * denominators[i];
      squares += residual * residual;
    }
    double standardError = Math.sqrt(squares * n / (n - 1)) / denominator;
    return new Metric(value, standardError, normal(value, standardError), n);
  }

  /** A number of which no error is known, as a quantile. */
  public static Metric exact(double value, long n) {
    return new Metric(value, null, null, n);
  }

  /** This metric in another unit: every part times a positive factor. */
  public Metric times(double factor) {
    return new Metric(
        value * factor,
        standardError == null ? null : standardError * factor,
        ci95 == null ? null : new Interval(ci95.low() * factor, ci95.high() * factor),
        n);
  }

  /** e to the power of this metric; the interval's ends are mapped, so it is not symmetric. */
  public Metric exp() {
    double mapped = Math.exp(value);
    return new Metric(
        mapped,
        standardError == null ? null : standardError * mapped,
        ci95 == null ? null : new Interval(Math.exp(ci95.low()), Math.exp(ci95.high())),
        n);
  }

  /**
   * The smallest difference that two such independent metrics would show at 5% significance with
   * 80% power, from the width of the interval; null without one.
   */
  public @Nullable Double minimumDetectableEffect() {
    return ci95 == null
        ? null
        : (Z_95 + Z_80_POWER) * Math.sqrt(2) * (ci95.high() - ci95.low()) / (2 * Z_95);
  }

  private static Interval normal(double value, double standardError) {
    return new Interval(value - Z_95 * standardError, value + Z_95 * standardError);
  }
}
