package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.StepReport;

/** What a training loop tells its surroundings; called on the loop's thread, between steps. */
interface TrainListener {
  /**
   * Whether this rank was asked to stop; the run stops when any rank says so, after a checkpoint.
   */
  boolean stopRequested();

  /** After every step, on every rank; but for durations, the values are equal on all ranks. */
  void stepCompleted(StepReport report);

  /** Makes a checkpoint of the state after a step; called on every rank, returns when it exists. */
  void checkpoint(TrainState.Progress progress);
}
