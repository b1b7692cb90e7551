package io.github.pumaspark.model.masking;

/** Enforces that the calls of a {@link MaskingStrategy} alternate. */
final class CallOrder {
  private enum Due {
    NEXT,
    OBSERVE,
    ADVANCE
  }

  private Due due = Due.NEXT;

  /** {@code next} may be repeated: it changes nothing. */
  void next() {
    require(due != Due.ADVANCE, "next");
    due = Due.OBSERVE;
  }

  void observe() {
    require(due == Due.OBSERVE, "observe");
    due = Due.ADVANCE;
  }

  void advance() {
    require(due == Due.ADVANCE, "advance");
    due = Due.NEXT;
  }

  void save() {
    require(due != Due.ADVANCE, "poolRows");
  }

  /** A restored strategy starts afresh, whatever was under way. */
  void restore() {
    due = Due.NEXT;
  }

  private void require(boolean allowed, String call) {
    if (!allowed) {
      throw new IllegalStateException("Cannot call " + call + ": " + due + " is due");
    }
  }
}
