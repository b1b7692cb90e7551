package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * Turns series into the geometry of an SVG drawing; the template draws it.
 *
 * <p>Coordinates are those of the view box, y downwards. Texts are plain; the template escapes
 * them.
 */
final class LineChart {
  private static final double LEFT = 48;
  private static final double RIGHT = 14;
  private static final double TOP = 10;
  private static final double BOTTOM = 44;
  private static final int MAX_MARKERS = 60;

  private final double width;
  private final double height;

  LineChart(double width, double height) {
    this.width = width;
    this.height = height;
  }

  /** A tick: where it lies along its axis, and its label. */
  record Tick(String at, String label) {}

  /** A marker with the text that readers without script get. */
  record Marker(String path, String text) {}

  /** One run's drawing; empty paths where there is nothing to draw. */
  record Curve(int run, String line, String band, String faint, List<Marker> markers) {}

  /** Values under the pointer: view box positions and texts, index by index. */
  record Hover(int run, List<Double> x, List<Double> y, List<String> label, List<String> value) {}

  /** A drawing, ready for the template. */
  record Drawing(
      String id,
      String title,
      String xLabel,
      String viewBox,
      String left,
      String right,
      String top,
      String bottom,
      String middle,
      String labelAt,
      List<Tick> xTicks,
      List<Tick> yTicks,
      List<Curve> curves,
      List<Hover> hovers) {}

  /**
   * Draws series over two axes.
   *
   * @param id element id, unique on the page
   */
  Drawing draw(String id, String title, String xLabel, Axis x, Axis y, List<Series> series) {
    List<Curve> curves = new ArrayList<>();
    List<Hover> hovers = new ArrayList<>();
    for (Series one : series) {
      curves.add(curve(one, x, y));
      hovers.add(hover(one, x, y));
    }
    return new Drawing(
        id,
        title,
        xLabel,
        "0 0 " + text(width) + " " + text(height),
        text(LEFT),
        text(width - RIGHT),
        text(TOP),
        text(height - BOTTOM),
        text((LEFT + width - RIGHT) / 2),
        text(height - 6),
        x.ticks().stream().map(tick -> new Tick(text(atX(x, tick)), x.label(tick))).toList(),
        y.ticks().stream().map(tick -> new Tick(text(atY(y, tick)), y.label(tick))).toList(),
        curves,
        hovers);
  }

  /**
   * The linear axis that holds {@code include} (unless NaN) and what {@code values} tell of each
   * point; what is not finite is left out.
   */
  static Axis fit(
      List<Series> series, double include, List<ToDoubleFunction<Series.Point>> values) {
    DoubleSummaryStatistics range = new DoubleSummaryStatistics();
    DoubleStream.concat(
            DoubleStream.of(include),
            series.stream()
                .flatMap(one -> Stream.concat(one.points().stream(), one.faint().stream()))
                .flatMapToDouble(
                    point -> values.stream().mapToDouble(value -> value.applyAsDouble(point))))
        .filter(Double::isFinite)
        .forEach(range);
    return range.getCount() == 0 ? Axis.linear(0, 1) : Axis.linear(range.getMin(), range.getMax());
  }

  /** The axis from {@code include} (unless NaN), else from the first x, to the last x. */
  static Axis fitX(List<Series> series, double include) {
    double last =
        series.stream()
            .flatMap(one -> one.points().stream())
            .mapToDouble(Series.Point::x)
            .max()
            .orElse(1);
    return fit(series, include, List.of(Series.Point::x)).endingAt(last);
  }

  private Curve curve(Series series, Axis x, Axis y) {
    List<Series.Point> points = series.points();
    List<Marker> markers = new ArrayList<>();
    if (points.size() <= MAX_MARKERS && series.faint().isEmpty()) {
      for (Series.Point point : points) {
        markers.add(
            new Marker(marker(series.run(), atX(x, point.x()), atY(y, point.y())), point.text()));
      }
    }
    return new Curve(
        series.run(), line(points, x, y), band(points, x, y), line(series.faint(), x, y), markers);
  }

  private Hover hover(Series series, Axis x, Axis y) {
    Hover hover =
        new Hover(
            series.run(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>(),
            new ArrayList<>());
    for (Series.Point point : series.points()) {
      hover.x().add(rounded(atX(x, point.x())));
      hover.y().add(rounded(atY(y, point.y())));
      hover
          .label()
          .add(
              point.x() == Math.rint(point.x())
                  ? Numbers.count(point.x())
                  : Numbers.significant(point.x()));
      hover.value().add(point.text());
    }
    return hover;
  }

  private String line(List<Series.Point> points, Axis x, Axis y) {
    StringBuilder path = new StringBuilder();
    for (Series.Point point : points) {
      path.append(path.isEmpty() ? "M" : "L").append(pair(atX(x, point.x()), atY(y, point.y())));
    }
    return path.toString();
  }

  /** The outline between all upper and, backwards, all lower ends; a bar where there is one. */
  private String band(List<Series.Point> points, Axis x, Axis y) {
    List<Series.Point> known = points.stream().filter(p -> p.interval().isKnown()).toList();
    if (known.isEmpty()) {
      return "";
    }
    double half = known.size() == 1 ? 2 : 0;
    StringBuilder path = new StringBuilder();
    for (Series.Point point : known) {
      for (double side = -half; side <= half; side += Math.max(1, 2 * half)) {
        path.append(path.isEmpty() ? "M" : "L")
            .append(pair(atX(x, point.x()) + side, atY(y, point.interval().high())));
      }
    }
    for (int i = known.size() - 1; i >= 0; i--) {
      for (double side = half; side >= -half; side -= Math.max(1, 2 * half)) {
        path.append("L")
            .append(pair(atX(x, known.get(i).x()) + side, atY(y, known.get(i).interval().low())));
      }
    }
    return path.append("Z").toString();
  }

  static String marker(int run, double x, double y) {
    double r = 3.4;
    return switch (run % 4) {
      case 0 ->
          "M%s a%s %s 0 1 0 %s 0 a%s %s 0 1 0 -%s 0Z"
              .formatted(
                  pair(x - r, y), text(r), text(r), text(2 * r), text(r), text(r), text(2 * r));
      case 1 -> "M%sh6v6h-6Z".formatted(pair(x - 3, y - 3));
      case 2 -> "M%sL%sL%sZ".formatted(pair(x, y - 4.2), pair(x + 4, y + 3), pair(x - 4, y + 3));
      default ->
          "M%sL%sL%sL%sZ"
              .formatted(pair(x, y - 4.4), pair(x + 4.4, y), pair(x, y + 4.4), pair(x - 4.4, y));
    };
  }

  private double atX(Axis axis, double value) {
    return LEFT + axis.position(value) * (width - LEFT - RIGHT);
  }

  private double atY(Axis axis, double value) {
    double share = Math.min(1, Math.max(0, axis.position(value)));
    return height - BOTTOM - share * (height - TOP - BOTTOM);
  }

  private static String pair(double x, double y) {
    return text(x) + " " + text(y);
  }

  private static double rounded(double value) {
    return Math.rint(value * 10) / 10;
  }

  private static String text(double value) {
    String text = String.format(Locale.ROOT, "%.1f", value);
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
