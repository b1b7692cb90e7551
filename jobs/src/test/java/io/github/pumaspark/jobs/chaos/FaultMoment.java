package io.github.pumaspark.jobs.chaos;

/** When a fault comes. */
enum FaultMoment {
  /** A drawn time after the run has made progress again. */
  TRAINING,
  /** When a drawn share of the bytes of a checkpoint has been written. */
  CHECKPOINT,
  /**
   * A drawn time after the fault before, whether the run has recovered or not: during the abort,
   * the wait for an executor, the start of a generation, or the start of the driver.
   */
  RECOVERY
}
