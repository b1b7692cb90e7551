package io.github.pumaspark.jobs.report;

import java.util.Locale;

/** How numbers are written on the page; a number that is not finite is {@link #NONE}. */
final class Numbers {
  /** Stands for an unknown number. */
  static final String NONE = "-";

  private Numbers() {}

  /** A number rounded to a whole one, with thousands separators. */
  static String count(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.0f", value) : NONE;
  }

  /** A whole number with thousands separators. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** A share or probability with three decimals. */
  static String share(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : NONE;
  }

  /** A share in percent with one decimal. */
  static String percent(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.1f%%", 100 * value) : NONE;
  }

  /** A duration in seconds: one decimal below 1,000. */
  static String seconds(double value) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    return value < 1000 ? String.format(Locale.ROOT, "%.1f", value) : count(value);
  }

  /** Four significant digits, in scientific form only when very small or large. */
  static String significant(double value) {
    if (!Double.isFinite(value)) {
      return NONE;
    }
    double size = Math.abs(value);
    if (value == 0) {
      return "0";
    }
    if (size < 1e-3 || size >= 1e7) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    int decimals = (int) Math.max(0, 3 - Math.floor(Math.log10(size)));
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /** An interval in brackets, empty when unknown. */
  static String interval(Interval interval) {
    return interval.isKnown()
        ? "[" + bound(interval.low()) + ", " + bound(interval.high()) + "]"
        : "";
  }

  private static String bound(double value) {
    return Math.abs(value) <= 1 ? share(value) : significant(value);
  }

  /** The shortest exact text, for data that goes on to other tools. */
  static String plain(double value) {
    if (!Double.isFinite(value)) {
      return "";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }
}
