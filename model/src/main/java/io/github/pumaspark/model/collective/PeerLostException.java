package io.github.pumaspark.model.collective;

/**
 * A rank cannot be reached any more; nobody has to change anything, resuming the run is the remedy.
 */
public final class PeerLostException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** A message that names the rank, its address and what was being done. */
  public PeerLostException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A message that names the rank, its address and what was being done. */
  public PeerLostException(String message) {
    super(message);
  }
}
