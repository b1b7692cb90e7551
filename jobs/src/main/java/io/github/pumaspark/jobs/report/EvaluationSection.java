package io.github.pumaspark.jobs.report;

import io.github.pumaspark.jobs.report.EvaluationRecord.Measure;
import io.github.pumaspark.jobs.report.Evaluations.Curve;
import io.github.pumaspark.jobs.report.Evaluations.Group;
import io.github.pumaspark.jobs.report.Evaluations.Setting;
import io.github.pumaspark.jobs.report.Table.Cell;
import io.github.pumaspark.jobs.report.Table.Column;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Charts and tables of one task on one data set. */
final class EvaluationSection {
  /** A property of the puzzles, not of a model; the caveats tell it. */
  static final String NAKED_SINGLES_SHARE = "naked_singles_share";

  private static final double[] TARGETS = {0.5, 0.9, 0.95};

  /** Runs this far apart in x would squeeze one of them into a corner of a linear axis. */
  private static final double LOGARITHMIC_FROM = 4;

  private final List<RunRecord> runs;
  private final Group group;
  private final String id;

  EvaluationSection(List<RunRecord> runs, Group group, String id) {
    this.runs = runs;
    this.group = group;
    this.id = id;
  }

  /** The charts of one sampler setting. */
  record Panel(String id, String label, List<LineChart.Drawing> charts) {}

  /** All that is shown of the group; the tables that do not apply are left out. */
  record View(String id, String title, String data, List<Panel> panels, List<Table> tables) {}

  View view() {
    List<Panel> panels = new ArrayList<>();
    for (Map.Entry<Setting, List<Curve>> entry : group.curves().entrySet()) {
      String panelId = id + "-s" + panels.size();
      String label = entry.getKey().label();
      panels.add(new Panel(panelId, label, charts(panelId, entry.getValue())));
    }
    List<Table> tables = new ArrayList<>();
    tables.add(finals());
    if (group.isExactMatch()) {
      tables.add(targets());
    }
    return new View(id, metricName() + ", task " + group.task(), group.data(), panels, tables);
  }

  /** Final result of a run at the headline setting, for the table of runs. */
  List<Cell> headlineCells(int run) {
    for (Curve curve : group.headlineCurves()) {
      Measure measure = curve.last().metrics().get(group.metric());
      if (curve.run() == run && measure != null) {
        Cell cell = group.isExactMatch() ? Cell.share(measure) : Cell.measure(measure);
        return List.of(cell, Cell.count(measure.n()));
      }
    }
    return List.of(Cell.text("not evaluated"), Cell.text(Numbers.NONE));
  }

  /** What the headline cells are called. */
  List<Column> headlineColumns() {
    String setting = group.headline().label();
    return List.of(
        Column.number(
            (group.isExactMatch() ? "Final strict exact match" : "Final: " + metricName())
                + (setting.isEmpty() ? "" : " (" + setting + ")")
                + " [95% interval]"),
        Column.number("n"));
  }

  private static String heading(String name) {
    String words = name.replace('_', ' ').replaceFirst("^nll\\b", "NLL");
    return words.isEmpty()
        ? words
        : words.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + words.substring(1);
  }

  private String metricName() {
    return switch (group.metric()) {
      case "exact_match" -> "Exact match";
      case "nll", "nll_per_token" -> "NLL per token (nats)";
      case "nelbo", "nelbo_per_token" -> "NLL bound per token (nats)";
      default -> heading(group.metric());
    };
  }

  private List<LineChart.Drawing> charts(String panelId, List<Curve> curves) {
    List<LineChart.Drawing> charts = new ArrayList<>();
    charts.add(chart(panelId + "-steps", "step", curves, result -> (double) result.step()));
    charts.add(
        chart(panelId + "-sequences", "distinct sequences", curves, EvaluationRecord::sequences));
    charts.add(
        chart(panelId + "-seconds", "training seconds", curves, EvaluationRecord::trainSeconds));
    List<Series> givens = new ArrayList<>();
    for (Curve curve : curves) {
      List<Series.Point> points = new ArrayList<>();
      curve.last().byGivens().forEach((count, bin) -> points.add(point(count, bin)));
      if (!points.isEmpty()) {
        givens.add(Series.of(curve.run(), points));
      }
    }
    if (!givens.isEmpty()) {
      charts.add(
          new LineChart(430, 290)
              .draw(
                  panelId + "-givens",
                  "Final exact match by number of givens",
                  "givens in the puzzle",
                  LineChart.fitX(givens, Double.NaN),
                  Axis.proportion(),
                  givens));
    }
    return charts;
  }

  private LineChart.Drawing chart(
      String chartId, String xName, List<Curve> curves, ToDoubleFunction<EvaluationRecord> x) {
    List<Series> series = new ArrayList<>();
    for (Curve curve : curves) {
      List<Series.Point> points = new ArrayList<>();
      for (EvaluationRecord result : curve.byStep().values()) {
        Measure measure = result.metrics().get(group.metric());
        if (measure != null) {
          points.add(point(x.applyAsDouble(result), measure));
        }
      }
      series.add(Series.of(curve.run(), points));
    }
    boolean logarithmic = needsLogarithm(series);
    Axis y =
        group.isExactMatch()
            ? Axis.proportion()
            : LineChart.fit(
                series,
                Double.NaN,
                List.of(
                    Series.Point::y,
                    point -> point.interval().low(),
                    point -> point.interval().high()));
    return new LineChart(430, 290)
        .draw(
            chartId,
            metricName() + " against " + xName,
            xName + (logarithmic ? " (logarithmic)" : ""),
            logarithmic ? logarithmic(series) : LineChart.fitX(series, 0),
            y,
            series);
  }

  private Series.Point point(double x, Measure measure) {
    String value =
        group.isExactMatch()
            ? Numbers.share(measure.value())
            : Numbers.significant(measure.value());
    String text =
        value
            + " "
            + Numbers.interval(measure.interval())
            + (measure.n() > 0 ? " n=" + measure.n() : "");
    return new Series.Point(x, measure.value(), measure.interval(), text.trim());
  }

  private static boolean needsLogarithm(List<Series> series) {
    double least = Double.POSITIVE_INFINITY;
    double most = 0;
    for (Series one : series) {
      if (!one.points().isEmpty()) {
        if (one.points().get(0).x() <= 0) {
          return false;
        }
        double end = one.points().get(one.points().size() - 1).x();
        least = Math.min(least, end);
        most = Math.max(most, end);
      }
    }
    return most > LOGARITHMIC_FROM * least;
  }

  private static Axis logarithmic(List<Series> series) {
    double[] all =
        series.stream()
            .flatMap(one -> one.points().stream())
            .mapToDouble(Series.Point::x)
            .sorted()
            .toArray();
    return Axis.logarithmic(all[0], all[all.length - 1]);
  }

  /** A column of the table of final results. */
  private record Shown(String label, Function<EvaluationRecord, @Nullable Measure> measure) {}

  private List<Shown> shown() {
    Set<String> names = new LinkedHashSet<>();
    names.add(group.metric());
    Set<String> difficulties = new LinkedHashSet<>();
    for (List<Curve> curves : group.curves().values()) {
      for (Curve curve : curves) {
        names.addAll(curve.last().metrics().keySet());
        difficulties.addAll(
            curve.last().breakdowns().getOrDefault("difficulty", Map.of()).keySet());
      }
    }
    names.remove(NAKED_SINGLES_SHARE);
    List<Shown> shown = new ArrayList<>();
    for (String name : names) {
      shown.add(
          new Shown(
              heading(name.replace("forward_passes", "forward_passes_per_row")),
              result -> result.metrics().get(name)));
    }
    for (String name : difficulties) {
      shown.add(
          new Shown(
              "Exact match, " + name.replace('_', ' '),
              result -> result.breakdowns().getOrDefault("difficulty", Map.of()).get(name)));
    }
    return shown;
  }

  private Table finals() {
    List<Shown> shown = shown();
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("Run"));
    boolean sampled = group.curves().size() > 1 || !group.headline().label().isEmpty();
    if (sampled) {
      columns.add(Column.text("Sampler setting"));
    }
    columns.add(Column.number("Step"));
    columns.add(Column.number("n"));
    shown.forEach(column -> columns.add(Column.number(column.label())));
    columns.add(Column.number("Evaluation seconds"));
    List<List<Cell>> rows = new ArrayList<>();
    for (Map.Entry<Setting, List<Curve>> entry : group.curves().entrySet()) {
      for (Curve curve : entry.getValue()) {
        EvaluationRecord last = curve.last();
        List<Cell> row = new ArrayList<>();
        row.add(Cell.run(curve.run(), runs.get(curve.run()).name()));
        if (sampled) {
          row.add(Cell.text(entry.getKey().label()));
        }
        row.add(Cell.count(last.step()));
        row.add(Cell.count(last.n()));
        for (Shown column : shown) {
          Measure measure = column.measure().apply(last);
          row.add(
              measure == null
                  ? Cell.text(Numbers.NONE)
                  : column.label().startsWith("Exact match")
                      ? Cell.share(measure)
                      : Cell.measure(measure));
        }
        row.add(Cell.seconds(last.seconds()));
        rows.add(row);
      }
    }
    return new Table(
        id + "-finals",
        "Last evaluated checkpoint of each run"
            + (group.curves().size() > 1 ? ", at every sampler setting." : "."),
        columns,
        rows);
  }

  private Table targets() {
    List<Column> columns =
        List.of(
            Column.text("Run"),
            Column.number("Exact match at least"),
            Column.number("Step"),
            Column.number("Distinct sequences"),
            Column.number("Training seconds"));
    List<List<Cell>> rows = new ArrayList<>();
    for (double target : TARGETS) {
      for (Curve curve : group.headlineCurves()) {
        List<Cell> row = new ArrayList<>();
        row.add(Cell.run(curve.run(), runs.get(curve.run()).name()));
        row.add(Cell.number(target, String.format(java.util.Locale.ROOT, "%.2f", target)));
        EvaluationRecord first = firstReaching(curve.byStep(), target);
        if (first == null) {
          row.add(Cell.text("not reached"));
          row.add(Cell.text(Numbers.NONE));
          row.add(Cell.text(Numbers.NONE));
        } else {
          row.add(Cell.count(first.step()));
          row.add(Cell.count(first.sequences()));
          row.add(Cell.seconds(first.trainSeconds()));
        }
        rows.add(row);
      }
    }
    return new Table(
        id + "-targets",
        "First evaluated checkpoint that reached a level ("
            + group.headline().label()
            + "); as coarse as the checkpoints are apart.",
        columns,
        rows);
  }

  private static @Nullable EvaluationRecord firstReaching(
      SortedMap<Long, EvaluationRecord> byStep, double target) {
    for (EvaluationRecord result : byStep.values()) {
      Measure measure = result.metrics().get("exact_match");
      if (measure != null && measure.value() >= target) {
        return result;
      }
    }
    return null;
  }
}
