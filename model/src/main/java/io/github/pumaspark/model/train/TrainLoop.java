package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Trains on one rank until the last step or a stop. All ranks run the same loop in lockstep and
 * hold the same weights after every step.
 *
 * <p>Owns none of its parts. Not thread-safe; runs on a thread prepared by {@code TorchThread}.
 */
final class TrainLoop {
  /*
   * One step: the objective makes the gradient, whose buckets are summed over ranks as they become complete; one
   * record from every rank; the guard's decision; the update, whose buckets of weights travel while the next ones
   * are updated. A rank adds the gradient of (1 / global batch) x the sum over its rows, so the sum over ranks is
   * the gradient of the mean, however rows are spread. Everything that could differ between ranks (stop, a loss
   * that is not finite, finished rows) goes through the records, which every rank reads in the same order.
   */
  private final TrainConfig config;
  private final GuardConfig guardConfig;
  private final List<Long> skipSteps;
  private final Objective objective;
  private final Replica replica;
  private final LearningRateSchedule schedule;
  private final TrainListener listener;

  /**
   * A loop over parts that are already at the state after {@code progress} of {@link #run}.
   *
   * @param skipSteps steps whose update is left out
   */
  TrainLoop(
      TrainConfig config,
      GuardConfig guardConfig,
      List<Long> skipSteps,
      Objective objective,
      Replica replica,
      LearningRateSchedule schedule,
      TrainListener listener) {
    this.config = config;
    this.guardConfig = guardConfig;
    this.skipSteps = List.copyOf(skipSteps);
    this.objective = objective;
    this.replica = replica;
    this.schedule = schedule;
    this.listener = listener;
  }

  /**
   * Trains from a state to the end of the run or to a stop, with a checkpoint after every {@code
   * checkpointEvery} steps and after the last.
   *
   * @return the counters after the last step; a step before {@code config.steps()} means stopped
   * @throws GuardException on every rank alike, before the update
   * @throws RollbackException likewise
   */
  TrainState.Progress run(TrainState.Progress start) {
    TrainState.Progress progress = start;
    Guard guard = new Guard(guardConfig, skipSteps, start.recentLosses());
    long before = System.nanoTime();
    while (progress.step() < config.steps()) {
      long step = progress.step() + 1;
      Outcome outcome = step(step, progress.updates() + 1, guard);
      long now = System.nanoTime();
      progress =
          new TrainState.Progress(
              step,
              progress.tokens() + objective.tokensPerStep(),
              objective.cursor(),
              progress.seconds() + (now - before) * 1e-9,
              schedule.at(step),
              schedule.decayed(step),
              List.of(objective.cursor()),
              progress.updates() + (outcome.isApplied ? 1 : 0),
              guard.recentLosses());
      before = now;
      listener.stepCompleted(outcome.report(progress));
      if (outcome.stop || step % config.checkpointEvery() == 0 || step == config.steps()) {
        replica.weightsToHost();
        listener.checkpoint(progress);
        before = System.nanoTime();
      }
      if (outcome.stop) {
        return progress;
      }
    }
    return progress;
  }

  private record Outcome(
      StepTotals totals,
      boolean isApplied,
      boolean stop,
      Map<String, Double> phaseSeconds,
      List<Long> ledger) {
    StepReport report(TrainState.Progress progress) {
      return new StepReport(
          progress.step(),
          totals.loss(),
          totals.maskRatio(),
          totals.gradientNorm(),
          progress.learningRate(),
          progress.sequences(),
          progress.tokens(),
          progress.seconds(),
          phaseSeconds,
          ledger);
    }
  }

  /**
   * @param updateCount updates so far, this one included if it is one
   */
  private Outcome step(long step, long updateCount, Guard guard) {
    PhaseClock clock = new PhaseClock(phase -> listener.progressed(step, phase));
    clock.begin("backward");
    GradientListener complete = replica.beginStep();
    Objective.Contribution own = objective.contribute(step, complete, clock);
    clock.begin("communication");
    replica.sumGradient();
    clock.begin("optimizer");
    double ownSquaredNorm = replica.ownSquaredNorm();
    boolean isStopRequested = listener.stopRequested();
    clock.begin("communication");
    List<RankRecord> records =
        replica.gather(
            new RankRecord(
                own.lossSum(),
                ownSquaredNorm,
                own.maskedCount(),
                own.maskableCount(),
                isStopRequested,
                own.finished()));
    StepTotals totals = StepTotals.of(records);
    Guard.Decision decision = guard.judge(step, records);
    if (decision.isApplied()) {
      clock.begin("optimizer");
      listener.beforeUpdate();
      replica.update(schedule.at(step), totals.gradientNorm(), updateCount);
      guard.applied(totals.loss());
    } else {
      leaveOut(step, decision, own.positions());
    }
    // The next rows are made while the weights travel.
    clock.begin("masking");
    objective.advance(replica.rank(), records.stream().map(RankRecord::finished).toList());
    clock.begin("communication");
    if (decision.isApplied()) {
      replica.awaitWeights();
    }
    return new Outcome(
        totals,
        decision.isApplied(),
        records.stream().anyMatch(RankRecord::stop),
        clock.seconds(),
        config.ledger() ? own.positions() : List.of());
  }

  /** Tells of a step that is not applied, and ends the run if it shall end. */
  private void leaveOut(long step, Guard.Decision decision, List<Long> positions) {
    String kind = decision.policy().name().toLowerCase(Locale.ROOT);
    listener.event(new TrainEvent(step, kind, decision.message(), positions));
    switch (decision.policy()) {
      case STOP -> throw new GuardException(step, decision);
      case ROLLBACK -> throw new RollbackException(step, decision.message());
      case SKIP, OFF -> {}
    }
  }
}
