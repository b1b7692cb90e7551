package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.model.coordination.StepReport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The line about a step in the driver's log. Not thread-safe. */
final class ProgressLine {
  private final String runName;
  private final int steps;
  private long firstStep = -1;
  private double firstSeconds;

  /**
   * @param steps of the whole run
   */
  ProgressLine(String runName, int steps) {
    this.runName = runName;
    this.steps = steps;
  }

  /** Takes note of a step; the first one begins the time by which the end is foretold. */
  void saw(StepReport report) {
    if (firstStep < 0) {
      firstStep = report.step();
      firstSeconds = report.seconds();
    }
  }

  /**
   * The line.
   *
   * @param ranks reports of one step in rank order
   */
  String of(List<StepReport> ranks, double tokensPerSecond) {
    StepReport report = ranks.get(0);
    return String.format(
        Locale.ROOT,
        "train %s: step %d/%d loss %.4f mask %.2f norm %.2f lr %.2e %.0f tok/s comm %.1f%%"
            + " ranks %d eta %s",
        runName,
        report.step(),
        steps,
        report.loss(),
        report.maskRatio(),
        report.gradientNorm(),
        report.learningRate(),
        tokensPerSecond,
        100 * Phases.exposedCommunication(ranks),
        ranks.size(),
        eta(report));
  }

  private String eta(StepReport report) {
    long done = report.step() - firstStep;
    if (done <= 0) {
      return "?";
    }
    double perStep = (report.seconds() - firstSeconds) / done;
    Duration left = Duration.ofSeconds(Math.round(perStep * (steps - report.step())));
    return left.toHours() > 0
        ? String.format(Locale.ROOT, "%dh%02dm", left.toHours(), left.toMinutesPart())
        : String.format(Locale.ROOT, "%dm%02ds", left.toMinutes(), left.toSecondsPart());
  }
}
