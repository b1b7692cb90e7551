package io.github.pumaspark.jobs.train;

/**
 * Training ended before its time; the message names the first cause and what can be gone on from.
 */
public final class TrainFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TrainFailedException(String message) {
    super(message);
  }

  TrainFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
