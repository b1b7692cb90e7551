package io.github.pumaspark.model.train;

import io.github.pumaspark.model.train.GuardConfig.Policy;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Decides from the records of all ranks what becomes of a step. A pure function of the records, the
 * configuration and the losses of the last updates: all ranks decide alike, and a resumed run
 * decides as one that was never interrupted.
 */
final class Guard {
  /**
   * What becomes of a step; with {@link Policy#OFF} it is like any other, and has no reason.
   *
   * @param reason what was wrong, with the step and the rank where it arose
   * @param evidence the numbers, and the key that says what to do
   */
  record Decision(Policy policy, String reason, String evidence) {
    private static final Decision APPLY = new Decision(Policy.OFF, "", "");

    boolean isApplied() {
      return policy == Policy.OFF;
    }

    /** Reason and evidence as one line. */
    String message() {
      return reason + " (" + evidence + ")";
    }
  }

  private final GuardConfig config;
  private final Set<Long> skipSteps;
  private final ArrayDeque<Double> recentLosses;

  /**
   * @param skipSteps steps whose update is left out in any case
   * @param recentLosses of the last updates, oldest first
   */
  Guard(GuardConfig config, Collection<Long> skipSteps, List<Double> recentLosses) {
    this.config = config;
    this.skipSteps = Set.copyOf(skipSteps);
    this.recentLosses = new ArrayDeque<>();
    if (config.spike() != Policy.OFF) {
      recentLosses.forEach(this::remember);
    }
  }

  /** What all ranks do, given what all have said. */
  Decision judge(long step, List<RankRecord> records) {
    if (skipSteps.contains(step)) {
      return new Decision(
          Policy.SKIP, "Update of step " + step + " is left out", "a rollback demanded it");
    }
    for (int rank = 0; rank < records.size(); rank++) {
      double loss = records.get(rank).lossSum();
      if (!Double.isFinite(loss)) {
        return nonFinite(
            "Loss is not finite on rank %s at step %s".formatted(rank, step), "loss " + loss);
      }
    }
    // Sums over ranks do not tell whose addend it was; so losses are looked at first.
    for (int rank = 0; rank < records.size(); rank++) {
      double squaredNorm = records.get(rank).gradientSquaredNorm();
      if (!Double.isFinite(squaredNorm)) {
        return nonFinite(
            "Gradient over all ranks is not finite at step %s, though every loss is"
                .formatted(step),
            "squared norm %s in the part that rank %s sums".formatted(squaredNorm, rank));
      }
    }
    return isFull() ? judgeLoss(step, records) : Decision.APPLY;
  }

  /** Takes note of an update. */
  void applied(double loss) {
    if (config.spike() != Policy.OFF) {
      remember(loss);
    }
  }

  /** The losses of the last updates, oldest first; empty if nobody looks at them. */
  List<Double> recentLosses() {
    return List.copyOf(recentLosses);
  }

  private Decision judgeLoss(long step, List<RankRecord> records) {
    double loss = 0;
    int largest = 0;
    for (int rank = 0; rank < records.size(); rank++) {
      loss += records.get(rank).lossSum();
      if (records.get(rank).lossSum() > records.get(largest).lossSum()) {
        largest = rank;
      }
    }
    double median = median();
    if (!(loss > config.spikeFactor() * median)) {
      return Decision.APPLY;
    }
    return new Decision(
        config.spike(),
        "Loss is a spike at step %s, its largest share on rank %s".formatted(step, largest),
        String.format(
            Locale.ROOT,
            "loss %.6g, %.6g of it there; median of the last %d losses %.6g, guard.spike-factor = %s, guard.spike = %s",
            loss,
            records.get(largest).lossSum(),
            recentLosses.size(),
            median,
            config.spikeFactor(),
            name(config.spike())));
  }

  private Decision nonFinite(String reason, String evidence) {
    return new Decision(
        config.nonFinite(), reason, evidence + ", guard.non-finite = " + name(config.nonFinite()));
  }

  private static String name(Policy policy) {
    return policy.name().toLowerCase(Locale.ROOT);
  }

  private boolean isFull() {
    return config.spike() != Policy.OFF && recentLosses.size() == config.spikeWindow();
  }

  private void remember(double loss) {
    recentLosses.addLast(loss);
    if (recentLosses.size() > config.spikeWindow()) {
      recentLosses.removeFirst();
    }
  }

  private double median() {
    double[] sorted = recentLosses.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
