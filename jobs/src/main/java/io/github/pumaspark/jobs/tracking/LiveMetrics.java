package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.model.coordination.StepReport;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The newest numbers of this process, for whoever shows them: the driver's about the run, an
 * executor's about its rank. Thread-safe.
 *
 * <p>Static, since Spark makes the plugin that reads and the task that writes, and lets neither
 * know of the other: all that they share is the process. With several ranks in one process, as in
 * tests, the last one to write is shown.
 */
public final class LiveMetrics {
  private static final LiveMetrics PROCESS = new LiveMetrics();

  private volatile Run run = new Run(0, Double.NaN, Double.NaN, Double.NaN, 0, 0, 0, 0, 1, 0);
  private final AtomicInteger failures = new AtomicInteger();
  private volatile Rank rank = new Rank(-1, 0, Map.of(), System.nanoTime());

  /**
   * A run, as its driver knows it.
   *
   * @param gradientNorm before clipping
   * @param exposedCommunication share of the step in which the slowest rank waits for the exchange
   * @param slowRanks ranks that are slow now
   * @param slowestRatio time of the slowest rank to that of the median rank
   */
  public record Run(
      long step,
      double loss,
      double maskRatio,
      double gradientNorm,
      double tokensPerSecond,
      double exposedCommunication,
      int generation,
      int ranks,
      double slowestRatio,
      int slowRanks) {}

  /**
   * A rank, as its executor knows it.
   *
   * @param number -1 before a rank has trained here
   * @param phaseSeconds of its newest step
   * @param stepNanos when that ended, by {@link System#nanoTime}
   */
  public record Rank(int number, long step, Map<String, Double> phaseSeconds, long stepNanos) {
    public Rank {
      phaseSeconds = Map.copyOf(phaseSeconds);
    }

    /** Seconds of a phase of its newest step. */
    public double seconds(String phase) {
      return phaseSeconds.getOrDefault(phase, 0.0);
    }

    /** How long its newest step is ago, or its process has waited for the first. */
    public double secondsSinceStep() {
      return (System.nanoTime() - stepNanos) * 1e-9;
    }
  }

  private LiveMetrics() {}

  /** Those of this process. */
  public static LiveMetrics ofProcess() {
    return PROCESS;
  }

  /** The newest numbers of the run; its driver's. */
  public Run run() {
    return run;
  }

  /** The newest numbers of the rank; its executor's. */
  public Rank rank() {
    return rank;
  }

  /** Generations that failed in this process; its driver's. */
  public int failures() {
    return failures.get();
  }

  void failed() {
    failures.incrementAndGet();
  }

  void run(
      int generation, List<StepReport> ranks, double tokensPerSecond, StragglerWatch stragglers) {
    StepReport report = ranks.get(0);
    run =
        new Run(
            report.step(),
            report.loss(),
            report.maskRatio(),
            report.gradientNorm(),
            tokensPerSecond,
            Phases.exposedCommunication(ranks),
            generation,
            ranks.size(),
            stragglers.slowest().map(StragglerWatch.Slowness::ratio).orElse(1.0),
            stragglers.slow().size());
  }

  /** Takes note of a step that a rank of this process has finished. */
  public void stepCompleted(int number, StepReport report) {
    rank = new Rank(number, report.step(), report.phaseSeconds(), System.nanoTime());
  }
}
