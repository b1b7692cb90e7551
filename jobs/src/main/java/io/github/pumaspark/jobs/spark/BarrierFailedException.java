package io.github.pumaspark.jobs.spark;

/** A rank of a barrier job failed or its executor was lost; the other ranks were stopped. */
public final class BarrierFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  BarrierFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
