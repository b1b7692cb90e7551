package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One axis of a chart: a range of values, and the round ones among them that are labelled.
 *
 * @param logarithmic base 10; then {@code low} is positive
 */
record Axis(double low, double high, boolean logarithmic, List<Double> ticks) {
  private static final int WANTED_TICKS = 5;

  /** Of the values' size: less is noise of rounding, and no label could tell its ticks apart. */
  private static final double LEAST_SPAN = 1e-3;

  /** A linear axis over [min, max], widened to round numbers. */
  static Axis linear(double min, double max) {
    double size = Math.max(Math.abs(min), Math.abs(max));
    double span = size == 0 ? 1 : Math.max(max - min, size * LEAST_SPAN);
    double rough = span / WANTED_TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double ratio = rough / power;
    double step =
        power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 2.5 ? 2.5 : ratio <= 5 ? 5 : 10);
    long first = (long) Math.floor(min / step + 1e-9);
    long last = Math.max(first + 1, (long) Math.ceil(max / step - 1e-9));
    List<Double> ticks = new ArrayList<>();
    for (long i = first; i <= last; i++) {
      ticks.add(i * step);
    }
    return new Axis(first * step, last * step, false, ticks);
  }

  /** This linear axis cut off at the end of the data, for curves that fill the width. */
  Axis endingAt(double max) {
    return max > low && max < high
        ? new Axis(low, max, false, ticks.stream().filter(tick -> tick <= max).toList())
        : this;
  }

  /** The axis of a proportion, always 0 to 1. */
  static Axis proportion() {
    return new Axis(0, 1, false, List.of(0.0, 0.2, 0.4, 0.6, 0.8, 1.0));
  }

  /** A logarithmic axis over [min, max], both positive, with ticks at 1, 2 and 5 times powers. */
  static Axis logarithmic(double min, double max) {
    double top = max > min ? max : min * 10;
    List<Double> ticks = new ArrayList<>();
    for (int power = (int) Math.floor(Math.log10(min)); power <= Math.log10(top); power++) {
      for (int digit : new int[] {1, 2, 5}) {
        double tick = digit * Math.pow(10, power);
        if (tick >= min && tick <= top) {
          ticks.add(tick);
        }
      }
    }
    if (ticks.size() > WANTED_TICKS + 3) {
      ticks.removeIf(tick -> Math.abs(Math.log10(tick) - Math.rint(Math.log10(tick))) > 1e-9);
    }
    return new Axis(min, top, true, ticks);
  }

  /** Where a value lies: 0 at the low end, 1 at the high end. */
  double position(double value) {
    return logarithmic
        ? Math.log(value / low) / Math.log(high / low)
        : (value - low) / (high - low);
  }

  /** A tick's label, with the decimals that its neighbours need. */
  String label(double tick) {
    if (tick == 0) {
      return "0";
    }
    double size = Math.max(Math.abs(low), Math.abs(high));
    if (size >= 1e9) {
      return shortened(tick, 1e9, "G");
    }
    if (size >= 1e6 && (!logarithmic || tick >= 1e6)) {
      return shortened(tick, 1e6, "M");
    }
    if (size >= 1e4 && (!logarithmic || tick >= 1e3)) {
      return shortened(tick, 1e3, "k");
    }
    if (size < 1e-3) {
      return trimmed(String.format(Locale.ROOT, "%.3e", tick)).replace("e-0", "e-");
    }
    if (logarithmic) {
      return trimmed(String.format(Locale.ROOT, "%.6f", tick));
    }
    double step = ticks.get(1) - ticks.get(0);
    int decimals = 0;
    for (double scaled = step;
        decimals < 9 && Math.abs(scaled - Math.rint(scaled)) > 1e-6 * scaled; ) {
      decimals++;
      scaled = step * Math.pow(10, decimals);
    }
    return String.format(Locale.ROOT, "%,." + decimals + "f", tick);
  }

  private static String shortened(double tick, double unit, String suffix) {
    return trimmed(String.format(Locale.ROOT, "%.3f", tick / unit)) + suffix;
  }

  private static String trimmed(String decimal) {
    return decimal.replaceFirst("\\.0+(?=e|$)|(\\.\\d*?[1-9])0+(?=e|$)", "$1");
  }
}
