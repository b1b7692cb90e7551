package io.github.pumaspark.model.train;

/**
 * A guard ends the run: a loss or the gradient is not finite, or a loss is a spike. Thrown on every
 * rank alike, before the update.
 */
public final class GuardException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long step;

  GuardException(long step, Guard.Decision decision) {
    super(
        decision.reason()
            + "; stopped before the optimizer update. What was seen: "
            + decision.evidence()
            + ". The same settings lead here again: set the policy to skip or rollback, or start a run"
            + " in another directory with a lower optimizer.learning-rate or with"
            + " optimizer.clip-norm.");
    this.step = step;
  }

  /** The step that was not to be trusted. */
  public long step() {
    return step;
  }
}
