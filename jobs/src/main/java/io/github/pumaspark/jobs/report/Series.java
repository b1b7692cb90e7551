package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One run's curve.
 *
 * @param run index of the run, which fixes colour, dash and marker
 * @param points ascending in x, finite
 * @param faint a second line behind the curve, such as the records that it smooths; may be empty
 */
record Series(int run, List<Point> points, List<Point> faint) {
  private static final int BINS = 300;

  /**
   * A point with the texts shown for it.
   *
   * @param interval unknown where the value has no band
   */
  record Point(double x, double y, Interval interval, String text) {
    boolean isFinite() {
      return Double.isFinite(x) && Double.isFinite(y);
    }
  }

  /** A curve of points that are shown one by one. */
  static Series of(int run, List<Point> points) {
    return new Series(run, points.stream().filter(Point::isFinite).toList(), List.of());
  }

  /**
   * A noisy curve: the mean over a centred window of 5% of the records, thinned, before a faint
   * line through the extremes.
   */
  static Series smoothed(
      int run, List<MetricRecord> metrics, ToDoubleFunction<MetricRecord> value) {
    List<MetricRecord> finite =
        metrics.stream().filter(metric -> Double.isFinite(value.applyAsDouble(metric))).toList();
    int n = finite.size();
    double[] sums = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sums[i + 1] = sums[i] + value.applyAsDouble(finite.get(i));
    }
    int half = n / 40;
    int stride = Math.max(1, n / BINS);
    List<Point> mean = new ArrayList<>();
    List<Point> faint = new ArrayList<>();
    for (int i = 0; i < n; i = i + stride < n || i == n - 1 ? i + stride : n - 1) {
      // The window shrinks towards both ends, so that it stays centred.
      int reach = Math.min(half, Math.min(i, n - 1 - i));
      double y = (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1);
      mean.add(new Point(finite.get(i).step(), y, Interval.UNKNOWN, Numbers.significant(y)));
    }
    if (half > 0) {
      for (int from = 0; from < n; from += stride) {
        addExtremes(finite.subList(from, Math.min(n, from + stride)), value, faint);
      }
    }
    return new Series(run, mean, faint);
  }

  private static void addExtremes(
      List<MetricRecord> bin, ToDoubleFunction<MetricRecord> value, List<Point> into) {
    MetricRecord least = bin.get(0);
    MetricRecord most = bin.get(0);
    for (MetricRecord metric : bin) {
      least = value.applyAsDouble(metric) < value.applyAsDouble(least) ? metric : least;
      most = value.applyAsDouble(metric) > value.applyAsDouble(most) ? metric : most;
    }
    MetricRecord first = least.step() < most.step() ? least : most;
    MetricRecord second = least.step() < most.step() ? most : least;
    into.add(new Point(first.step(), value.applyAsDouble(first), Interval.UNKNOWN, ""));
    if (second.step() > first.step()) {
      into.add(new Point(second.step(), value.applyAsDouble(second), Interval.UNKNOWN, ""));
    }
  }
}
