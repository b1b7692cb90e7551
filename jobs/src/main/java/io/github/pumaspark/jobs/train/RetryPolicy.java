package io.github.pumaspark.jobs.train;

import io.github.pumaspark.model.coordination.Failure;
import java.time.Duration;

/**
 * What follows a failure: another attempt after a while, a rollback, or the end. Bounded: failures
 * count anew only after a new checkpoint, and rollbacks over the life of the run. Not thread-safe.
 */
final class RetryPolicy {
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  private final int maxFailures;
  private final Duration backoff;
  private final int maxRollbacks;
  private long newestStep;
  private int inARow;

  /**
   * @param maxFailures failures in a row after which the next one ends the run
   * @param backoff wait after the first of them
   * @param maxRollbacks rollbacks after which the next one ends the run
   * @param newestStep of the newest checkpoint; 0 = there is none
   */
  RetryPolicy(int maxFailures, Duration backoff, int maxRollbacks, long newestStep) {
    this.maxFailures = maxFailures;
    this.backoff = backoff;
    this.maxRollbacks = maxRollbacks;
    this.newestStep = newestStep;
  }

  /** What follows. */
  sealed interface Next {}

  /**
   * Another attempt.
   *
   * @param attempt how many failures in a row this was
   */
  record Retry(int attempt, Duration backoff) implements Next {}

  /** Another attempt, at once, that leaves out the update of a step. */
  record Rollback(long step) implements Next {}

  /**
   * The end.
   *
   * @param limit the bound that was reached; empty if trying again is of no use
   */
  record End(String limit) implements Next {}

  /**
   * Decides.
   *
   * @param step of the newest checkpoint by now
   * @param rollbacks of the run so far
   */
  Next next(Failure failure, long step, int rollbacks) {
    if (step > newestStep) {
      newestStep = step;
      inARow = 0;
    }
    return switch (failure.kind()) {
      case USER, FATAL -> new End("");
      case ROLLBACK ->
          rollbacks < maxRollbacks
              ? new Rollback(failure.step())
              : new End("guard.max-rollbacks = " + maxRollbacks);
      case RANK, LOST, DEAD, HUNG, DRIVER -> {
        inARow++;
        yield inARow <= maxFailures
            ? new Retry(inARow, wait(inARow))
            : new End("cluster.max-failures = " + maxFailures);
      }
    };
  }

  private Duration wait(int attempt) {
    // Doubling stops long before the number overflows.
    long millis = backoff.toMillis() << Math.min(attempt - 1, 16);
    return Duration.ofMillis(Math.min(millis, LONGEST_WAIT.toMillis()));
  }
}
