package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;

/** A partly revealed sequence of the masking pool. Reveals true tokens only, and never hides. */
final class PoolRow {
  private final Sequence sequence;
  private final long position;
  private final int maskableLength;
  private final boolean[] masked; // [L]
  private int maskedCount;
  private int phase;

  /**
   * A row with every maskable position masked.
   *
   * @param position position of {@code sequence} in the global order
   */
  PoolRow(Sequence sequence, long position, int phase) {
    this.sequence = sequence;
    this.position = position;
    this.phase = phase;
    masked = new boolean[sequence.tokens().length];
    for (int i = 0; i < masked.length; i++) {
      masked[i] = sequence.isMaskable(i);
      maskedCount += masked[i] ? 1 : 0;
    }
    maskableLength = maskedCount;
  }

  Sequence sequence() {
    return sequence;
  }

  long position() {
    return position;
  }

  int phase() {
    return phase;
  }

  int maskableLength() {
    return maskableLength;
  }

  int maskedCount() {
    return maskedCount;
  }

  int revealedCount() {
    return maskableLength - maskedCount;
  }

  /** [L], true where masked; owned by the row. */
  boolean[] masked() {
    return masked;
  }

  boolean isRevealed(int index) {
    return sequence.isMaskable(index) && !masked[index];
  }

  void nextPhase() {
    phase++;
  }

  /**
   * Reveals a masked position.
   *
   * @throws IllegalStateException if it is not masked
   */
  void reveal(int index) {
    if (!masked[index]) {
      throw new IllegalStateException(
          "Cannot reveal position " + index + " of row " + sequence.rowId() + ": it is not masked");
    }
    masked[index] = false;
    maskedCount--;
  }
}
