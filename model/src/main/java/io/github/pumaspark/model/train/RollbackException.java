package io.github.pumaspark.model.train;

/**
 * A guard wants the run to go back to its newest checkpoint and to leave out the update of a step
 * when it comes there again; thrown on every rank alike, before the update.
 */
public final class RollbackException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long step;

  /**
   * @param step whose update is to be left out
   * @param reason what was wrong with it, as one line
   */
  public RollbackException(long step, String reason) {
    super(reason);
    this.step = step;
  }

  /** The step whose update is to be left out. */
  public long step() {
    return step;
  }
}
