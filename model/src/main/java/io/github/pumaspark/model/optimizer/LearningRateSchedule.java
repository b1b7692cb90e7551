package io.github.pumaspark.model.optimizer;

/**
 * Linear growth to the peak over the warm-up, then half a cosine towards zero at the end of the
 * run.
 *
 * @param peak learning rate after the warm-up
 * @param warmupSteps steps of growth; step {@code warmupSteps} is the first at the peak
 * @param steps steps of the run
 */
public record LearningRateSchedule(double peak, int warmupSteps, int steps) {
  /** The learning rate of a step, first is 1; positive for every step of the run. */
  public double at(long step) {
    return peak * fraction(step);
  }

  /** {@link #at} over the peak, in (0, 1]. */
  public double fraction(long step) {
    if (step <= warmupSteps) {
      return step / (double) warmupSteps;
    }
    double progress = (step - warmupSteps - 1) / (double) Math.max(1, steps - warmupSteps);
    return 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  }

  /** Share of the decay that is done after a step, in [0, 1]; 0 during the warm-up. */
  public double decayed(long step) {
    return step <= warmupSteps ? 0 : 1 - fraction(step);
  }
}
