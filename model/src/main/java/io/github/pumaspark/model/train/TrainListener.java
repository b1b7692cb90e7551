package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;

/** What a training loop tells its surroundings; called on the loop's thread. */
interface TrainListener {
  /**
   * Whether this rank was asked to stop; the run stops when any rank says so, after a checkpoint.
   */
  boolean stopRequested();

  /** When a part of a step begins; must be cheap. */
  default void progressed(long step, String phase) {}

  /** A step that a guard did not let pass; on every rank, before what the guard decided is done. */
  default void event(TrainEvent event) {}

  /**
   * After every step, on every rank; but for durations and positions, the values are equal on all
   * ranks.
   */
  void stepCompleted(StepReport report);

  /**
   * Begins a checkpoint of the state after a step; called on every rank. The masking may change
   * when this returns, weights, moments and moving average after {@link #beforeUpdate}.
   */
  void checkpoint(TrainState.Progress progress);

  /** In every step, after the backward pass and before weights change. */
  default void beforeUpdate() {}
}
