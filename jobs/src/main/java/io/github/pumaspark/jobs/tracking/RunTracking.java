package io.github.pumaspark.jobs.tracking;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.train.TrainConfig;
import java.io.Closeable;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps track of one generation of a run: what its ranks report goes to files in the run's
 * directory, to the log and to {@link LiveMetrics}. Driver only; not thread-safe.
 */
public final class RunTracking implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(RunTracking.class);
  private static final long LINE_NANOS = Duration.ofSeconds(10).toNanos();

  /** Steps between reports that are no records, often enough to notice a slow rank. */
  private static final int REPORT_EVERY = 10;

  private final TrainConfig train;
  private final String runName;
  private final RecordFiles files;
  private final MetricsLog metrics;
  private final TensorBoardLog tensorBoard;
  private final EventLines events;
  private final ProgressLine line;
  private final int generation;
  private final StepGathering gathering;
  private final StragglerWatch stragglers = new StragglerWatch();
  private long lastStep;
  private long lastLine = System.nanoTime() - LINE_NANOS;

  /**
   * Where a generation begins.
   *
   * @param generation number of the attempt, ascending over the life of the run
   * @param worldSize ranks that report
   * @param step from which it goes on; records of later steps become void
   */
  public record Start(int generation, int worldSize, long step) {}

  private RunTracking(
      RecordFiles files, TensorBoardLog tensorBoard, String runName, TrainConfig train, Start start)
      throws IOException {
    this.train = train;
    this.runName = runName;
    this.line = new ProgressLine(runName, train.steps());
    this.gathering = new StepGathering(start.worldSize());
    this.files = files;
    this.tensorBoard = tensorBoard;
    this.generation = start.generation();
    this.metrics = new MetricsLog(files.metrics());
    this.events = new EventLines(runName, start.worldSize());
    this.lastStep = start.step();
  }

  /**
   * Opens the files of a run for a generation. The caller closes it before the next one is opened.
   *
   * @param directory of the run
   */
  public static RunTracking open(
      Path directory, Configuration configuration, String runName, TrainConfig train, Start start)
      throws IOException {
    RecordFiles files = RecordFiles.open(directory, configuration, train.ledger(), start);
    try {
      TensorBoardLog tensorBoard =
          TensorBoardLog.open(
              new Path(directory, "tensorboard"), configuration, Clock.systemUTC(), start);
      return new RunTracking(files, tensorBoard, runName, train, start);
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** Whether ranks report a step at all; all of them report the same steps. */
  public static boolean isReported(TrainConfig train, long step) {
    return train.ledger() || step % REPORT_EVERY == 0 || isLogged(train, step);
  }

  private static boolean isLogged(TrainConfig train, long step) {
    return step == 1 || step % train.logEvery() == 0 || step == train.steps();
  }

  /** Takes what a rank reports of a step. */
  public void stepCompleted(int rank, StepReport report) throws IOException {
    Optional<List<StepReport>> ranks = gathering.add(rank, report);
    if (ranks.isPresent()) {
      stepCompleted(report.step(), ranks.get());
    }
  }

  private void stepCompleted(long step, List<StepReport> ranks) throws IOException {
    lastStep = step;
    files.addLedger(step, ranks);
    stragglers
        .add(step, ranks.stream().map(StepReport::phaseSeconds).toList())
        .forEach(this::report);
    line.saw(ranks.get(0));
    if (!isLogged(train, step)) {
      return;
    }
    double tokensPerSecond = metrics.add(ranks, stragglers);
    tensorBoard.add(ranks, tokensPerSecond, stragglers.slowest());
    LiveMetrics.ofProcess().run(generation, ranks, tokensPerSecond, stragglers);
    long now = System.nanoTime();
    if (now - lastLine >= LINE_NANOS || step == train.steps()) {
      lastLine = now;
      flush();
      LOG.info("{}", line.of(ranks, tokensPerSecond));
    }
  }

  /** Takes what a rank tells of a step that was not like the others; on stable storage at once. */
  public void event(int rank, TrainEvent event) throws IOException {
    files.addEvent(
        event.step(),
        JsonNodeFactory.instance
            .objectNode()
            .put("rank", rank)
            .put("kind", event.kind())
            .put("reason", event.reason()),
        event.positions());
    events.add(rank, event).ifPresent(text -> LOG.warn("{}", text));
  }

  /**
   * Records that the generation ends in a failure; on stable storage at once.
   *
   * @param cause as one line
   */
  public void failed(String cause) throws IOException {
    LiveMetrics.ofProcess().failed();
    files.addEvent(
        lastStep,
        JsonNodeFactory.instance.objectNode().put("kind", "failure").put("reason", cause),
        List.of());
  }

  private void report(StragglerWatch.Change change) {
    StragglerWatch.Slowness slowness = change.slowness();
    String ratio = String.format(Locale.ROOT, "%.2f", slowness.ratio());
    if (change.isSlow()) {
      LOG.warn(
          "train {}: step {}: rank {} is slow in phase {}: it works {} times as long as the median"
              + " rank ({} s a step); the others wait for it",
          runName,
          change.step(),
          slowness.rank(),
          slowness.phase(),
          ratio,
          String.format(Locale.ROOT, "%.3f", slowness.seconds()));
    } else {
      LOG.info(
          "train {}: step {}: rank {} is slow no more ({} times the median rank)",
          runName,
          change.step(),
          slowness.rank(),
          ratio);
    }
  }

  /** Brings everything taken so far to stable storage; due before a checkpoint is committed. */
  public void flush() throws IOException {
    files.flush();
    tensorBoard.flush();
  }

  @Override
  public void close() throws IOException {
    events.rest().forEach(text -> LOG.warn("{}", text));
    try (files;
        tensorBoard) {
      flush();
    }
  }
}
