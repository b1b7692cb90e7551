package io.github.pumaspark.jobs.train;

import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.CheckpointPart;
import io.github.pumaspark.model.coordination.CoordinatorListener;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the driver does with the reports of the ranks: metrics, a line now and then, checkpoints.
 */
final class DriverLog implements CoordinatorListener {
  private static final Logger LOG = LoggerFactory.getLogger(DriverLog.class);
  private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();

  private final String runName;
  private final int steps;
  private final int keepLast;
  private final CheckpointStore store;
  private final MetricsLog metrics;
  private final TrainState template;
  private final String config;
  private long lastLine = System.nanoTime() - LINE_NANOS;
  private long firstStep = -1;
  private double firstSeconds;
  private long lastTokens;

  /**
   * @param template everything of a checkpoint's state but counters and files
   * @param config resolved configuration, stored in every checkpoint
   */
  DriverLog(
      String runName,
      int steps,
      int keepLast,
      CheckpointStore store,
      MetricsLog metrics,
      TrainState template,
      String config) {
    this.runName = runName;
    this.steps = steps;
    this.keepLast = keepLast;
    this.store = store;
    this.metrics = metrics;
    this.template = template;
    this.config = config;
  }

  @Override
  public void stepCompleted(int rank, StepReport report) {
    if (rank != 0) {
      return;
    }
    try {
      metrics.add(report);
      if (firstStep < 0) {
        firstStep = report.step();
        firstSeconds = report.seconds();
        lastTokens = report.tokens();
      }
      long now = System.nanoTime();
      if (now - lastLine >= LINE_NANOS || report.step() == steps) {
        lastLine = now;
        metrics.flush();
        LOG.info("{}", line(report));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write metrics: " + e.getMessage(), e);
    }
  }

  @Override
  public void event(int rank, TrainEvent event) {
    if (rank == 0) {
      LOG.warn("train {}: step {}: {}: {}", runName, event.step(), event.kind(), event.reason());
    }
  }

  @Override
  public void commit(long step, List<CheckpointPart> parts) throws IOException {
    Map<String, String> files = new TreeMap<>();
    parts.forEach(part -> files.putAll(part.files()));
    TrainState state =
        new TrainState(
            TrainState.SCHEMA_VERSION,
            template.lineage(),
            ProgressJson.read(parts.get(0).json()),
            template.dataset(),
            template.execution(),
            files);
    metrics.flush();
    Checkpoint checkpoint = store.commit(state, config, 0);
    LOG.info(
        "train {}: checkpoint of step {} (weights {})",
        runName,
        step,
        checkpoint.state().files().getOrDefault(CheckpointFile.MODEL, "").substring(0, 12));
    store.applyRetention(keepLast, 0);
  }

  private String line(StepReport report) {
    double seconds = report.seconds() - firstSeconds;
    long done = report.step() - firstStep;
    double perStep = done > 0 ? seconds / done : 0;
    double total = report.phaseSeconds().values().stream().mapToDouble(Double::doubleValue).sum();
    double communication = report.phaseSeconds().getOrDefault("communication", 0.0);
    return String.format(
        Locale.ROOT,
        "train %s: step %d/%d loss %.4f mask %.2f norm %.2f lr %.2e %.0f tok/s comm %.0f%% eta %s",
        runName,
        report.step(),
        steps,
        report.loss(),
        report.maskRatio(),
        report.gradientNorm(),
        report.learningRate(),
        seconds > 0 ? (report.tokens() - lastTokens) / seconds : 0,
        total > 0 ? 100 * communication / total : 0,
        done > 0 ? eta(perStep * (steps - report.step())) : "?");
  }

  private static String eta(double seconds) {
    Duration left = Duration.ofSeconds(Math.round(seconds));
    return left.toHours() > 0
        ? String.format(Locale.ROOT, "%dh%02dm", left.toHours(), left.toMinutesPart())
        : String.format(Locale.ROOT, "%dm%02ds", left.toMinutes(), left.toSecondsPart());
  }
}
