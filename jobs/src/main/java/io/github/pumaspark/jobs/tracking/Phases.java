package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.model.coordination.StepReport;
import java.util.List;
import java.util.Map;

/** Sums over the phases of a step, by the names that {@code model.train} gives them. */
final class Phases {
  /** In lockstep every other phase also waits for slower ranks. */
  static final List<String> COMPUTE = List.of("masking", "forward", "backward", "optimizer");

  static final String COMMUNICATION = "communication";

  private Phases() {}

  /** Seconds that a rank worked. */
  static double compute(Map<String, Double> seconds) {
    return COMPUTE.stream().mapToDouble(phase -> seconds.getOrDefault(phase, 0.0)).sum();
  }

  /** Seconds that a rank waited for the exchange. */
  static double communication(Map<String, Double> seconds) {
    return seconds.getOrDefault(COMMUNICATION, 0.0);
  }

  /**
   * Share of a step in which its slowest rank waits for the exchange, in [0, 1]. Faster ranks also
   * wait for that rank, which no faster exchange would save.
   *
   * @param ranks reports of one step
   */
  static double exposedCommunication(List<StepReport> ranks) {
    Map<String, Double> slowest = Map.of();
    for (StepReport rank : ranks) {
      if (compute(rank.phaseSeconds()) >= compute(slowest)) {
        slowest = rank.phaseSeconds();
      }
    }
    double total = slowest.values().stream().mapToDouble(Double::doubleValue).sum();
    return total > 0 ? communication(slowest) / total : 0;
  }
}
