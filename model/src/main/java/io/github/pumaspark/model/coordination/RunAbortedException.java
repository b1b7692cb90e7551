package io.github.pumaspark.model.coordination;

/**
 * This generation of the run is over; the message is its first cause, the same on all ranks.
 * Resuming from the newest checkpoint is the remedy unless the cause says otherwise.
 */
public final class RunAbortedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The first cause, as one line. */
  public RunAbortedException(String firstCause) {
    super(firstCause);
  }
}
