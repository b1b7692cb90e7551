package io.github.pumaspark.jobs.tracking;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * Finds ranks that work slower than the others. Counts what a rank works, not what it waits: in
 * lockstep it is the fast ranks that wait. Not thread-safe.
 */
public final class StragglerWatch {
  /*
   * A rank's time is the median over the steps of a window, so that one pause is no straggler; the time
   * of the ranks is the median over ranks. Of an even number the lower one of the middle two counts in
   * both: a rank of two would otherwise hide in the median that it is compared with. Differences of a few
   * milliseconds are noise, whatever their ratio.
   */
  private static final double START_RATIO = 1.5;
  private static final double END_RATIO = 1.25;
  private static final double SMALLEST_EXCESS_SECONDS = 0.01;
  private static final int WINDOW_STEPS = 10;
  private static final int FEWEST_SAMPLES = 2;

  private final Deque<Sample> window = new ArrayDeque<>();
  private long firstStep = -1;
  private final Set<Integer> slow = new TreeSet<>();
  private Optional<Slowness> slowest = Optional.empty();

  private record Sample(long step, List<Map<String, Double>> phaseSeconds) {}

  /**
   * How slow a rank is.
   *
   * @param phase in which it loses most
   * @param seconds that it works in a step
   * @param ratio to the median of the ranks
   */
  public record Slowness(int rank, String phase, double seconds, double ratio) {}

  /**
   * A rank has become slow, or is slow no more.
   *
   * @param isSlow since this step
   */
  public record Change(long step, boolean isSlow, Slowness slowness) {}

  /**
   * Takes the times of a step. A straggler is named when more than half of the steps of a window
   * were slow: within 20 steps if at least every tenth step is given. The first ten steps, in which
   * ranks warm up, name nobody.
   *
   * @param phaseSeconds by name, in rank order; of as many ranks every time
   */
  public List<Change> add(long step, List<Map<String, Double>> phaseSeconds) {
    if (firstStep < 0) {
      firstStep = step;
    }
    window.add(new Sample(step, List.copyOf(phaseSeconds)));
    while (window.size() > FEWEST_SAMPLES && window.getFirst().step() <= step - WINDOW_STEPS) {
      window.removeFirst();
    }
    slowest = Optional.empty();
    List<Change> changes = new ArrayList<>();
    if (step - firstStep < WINDOW_STEPS - 1 || phaseSeconds.size() < 2) {
      return changes;
    }
    double[] seconds = typical(phaseSeconds.size(), Phases::compute);
    double median = lowerMedian(seconds);
    for (int rank = 0; rank < seconds.length; rank++) {
      double ratio = median > 0 ? seconds[rank] / median : 1;
      Slowness slowness = new Slowness(rank, phase(seconds.length, rank), seconds[rank], ratio);
      if (slowest.isEmpty() || ratio > slowest.get().ratio()) {
        slowest = Optional.of(slowness);
      }
      if (ratio >= START_RATIO && seconds[rank] - median >= SMALLEST_EXCESS_SECONDS) {
        if (slow.add(rank)) {
          changes.add(new Change(step, true, slowness));
        }
      } else if (ratio < END_RATIO && slow.remove(rank)) {
        changes.add(new Change(step, false, slowness));
      }
    }
    return changes;
  }

  /** Ranks that are slow now. */
  public Set<Integer> slow() {
    return Set.copyOf(slow);
  }

  /** The slowest rank of the window; empty in the first steps and with one rank. */
  public Optional<Slowness> slowest() {
    return slowest;
  }

  private String phase(int ranks, int rank) {
    String worst = Phases.COMPUTE.get(0);
    double most = Double.NEGATIVE_INFINITY;
    for (String phase : Phases.COMPUTE) {
      double[] seconds = typical(ranks, times -> times.getOrDefault(phase, 0.0));
      double excess = seconds[rank] - lowerMedian(seconds);
      if (excess > most) {
        most = excess;
        worst = phase;
      }
    }
    return worst;
  }

  private double[] typical(int ranks, ToDoubleFunction<Map<String, Double>> time) {
    double[] typical = new double[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      int r = rank;
      typical[rank] =
          lowerMedian(
              window.stream()
                  .mapToDouble(sample -> time.applyAsDouble(sample.phaseSeconds().get(r)))
                  .toArray());
    }
    return typical;
  }

  private static double lowerMedian(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(sorted.length - 1) / 2];
  }
}
