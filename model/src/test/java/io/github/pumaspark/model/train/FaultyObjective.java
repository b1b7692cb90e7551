package io.github.pumaspark.model.train;

import io.github.pumaspark.model.network.GradientListener;
import java.util.BitSet;
import java.util.List;

/** Another objective, whose loss in one step is given. */
record FaultyObjective(Objective objective, long badStep, double badLoss) implements Objective {
  @Override
  public Contribution contribute(long step, GradientListener finished, PhaseClock clock) {
    Contribution found = objective.contribute(step, finished, clock);
    return new Contribution(
        step == badStep ? badLoss : found.lossSum(),
        found.maskedCount(),
        found.maskableCount(),
        found.finished(),
        found.positions());
  }

  @Override
  public void advance(int rank, List<BitSet> finished) {
    objective.advance(rank, finished);
  }

  @Override
  public long cursor() {
    return objective.cursor();
  }

  @Override
  public long tokensPerStep() {
    return objective.tokensPerStep();
  }
}
