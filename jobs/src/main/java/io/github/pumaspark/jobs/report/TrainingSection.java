package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Charts of what the runs logged while they trained. */
final class TrainingSection {
  private TrainingSection() {}

  /** The training loss of all runs against step. */
  static LineChart.Drawing loss(List<RunRecord> runs) {
    return chart("training-loss", "Training loss against step", runs, MetricRecord::loss, 900, 320);
  }

  /** The other logged values, those left out that no run has. */
  static List<LineChart.Drawing> more(List<RunRecord> runs) {
    List<LineChart.Drawing> charts = new ArrayList<>();
    add(charts, "mask-ratio", "Mask ratio against step", runs, MetricRecord::maskRatio);
    add(charts, "learning-rate", "Learning rate against step", runs, MetricRecord::learningRate);
    add(charts, "gradient-norm", "Gradient norm against step", runs, MetricRecord::gradientNorm);
    add(
        charts,
        "tokens-per-second",
        "Tokens per second against step",
        runs,
        MetricRecord::tokensPerSecond);
    return charts;
  }

  private static void add(
      List<LineChart.Drawing> charts,
      String name,
      String title,
      List<RunRecord> runs,
      ToDoubleFunction<MetricRecord> value) {
    boolean any =
        runs.stream()
            .flatMap(run -> run.metrics().stream())
            .anyMatch(metric -> Double.isFinite(value.applyAsDouble(metric)));
    if (any) {
      charts.add(chart("training-" + name, title, runs, value, 430, 290));
    }
  }

  private static LineChart.Drawing chart(
      String id,
      String title,
      List<RunRecord> runs,
      ToDoubleFunction<MetricRecord> value,
      double width,
      double height) {
    List<Series> series = new ArrayList<>();
    for (int run = 0; run < runs.size(); run++) {
      series.add(Series.smoothed(run, runs.get(run).metrics(), value));
    }
    return new LineChart(width, height)
        .draw(
            id,
            title,
            "step",
            LineChart.fitX(series, 0),
            LineChart.fit(series, 0, List.of(Series.Point::y)),
            series);
  }
}
