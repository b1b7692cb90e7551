package io.github.pumaspark.model.network;

/**
 * Hears in which order gradients are finished during a backward pass, so that they can be sent on
 * while the pass goes on; called on the pass's thread.
 */
@FunctionalInterface
public interface GradientListener {
  /**
   * The pass adds nothing more to the elements [start, end) of the flat gradient. Ranges are
   * disjoint and cover every tensor; a tied embedding comes last.
   */
  void finished(int start, int end);

  /** Nobody listens. */
  static GradientListener none() {
    return (start, end) -> {};
  }
}
