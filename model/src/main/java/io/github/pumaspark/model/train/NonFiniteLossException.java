package io.github.pumaspark.model.train;

/** A loss or gradient is NaN or infinite; no rank has applied the update. */
public final class NonFiniteLossException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private NonFiniteLossException(String what) {
    super(
        what
            + "; stopped before the optimizer update. The same settings lead here again: start a run"
            + " in another directory with a lower optimizer.learning-rate or with"
            + " optimizer.clip-norm.");
  }

  /** The loss of a rank, the first one if there are several. */
  static NonFiniteLossException ofLoss(int rank, long step) {
    return new NonFiniteLossException("Loss is not finite on rank " + rank + " at step " + step);
  }

  /** The gradient summed over ranks, though every loss is finite. */
  static NonFiniteLossException ofGradient(long step) {
    return new NonFiniteLossException(
        "Gradient over all ranks is not finite at step " + step + ", though every loss is");
  }
}
