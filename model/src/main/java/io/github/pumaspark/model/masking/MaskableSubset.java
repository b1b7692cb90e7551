package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.random.CounterRandom.Purpose;

/** Draws uniformly random sets of maskable positions; reuses its buffer, not thread-safe. */
final class MaskableSubset {
  private final long seed;
  private final Purpose purpose;
  private final int[] positions;

  MaskableSubset(long seed, Purpose purpose, int sequenceLength) {
    this.seed = seed;
    this.purpose = purpose;
    positions = new int[sequenceLength];
  }

  /**
   * Draws {@code count} of the maskable positions of {@code sequence}, a pure function of (seed,
   * purpose, id) and of which positions are maskable.
   *
   * @return the drawn positions in random order in the first {@code count} places; valid until the
   *     next call
   */
  int[] draw(Sequence sequence, int count, long id) {
    int size = 0;
    for (int i = 0; i < sequence.tokenCount(); i++) {
      if (sequence.isMaskable(i)) {
        positions[size++] = i;
      }
    }
    Shuffle.front(positions, size, count, seed, purpose, id);
    return positions;
  }
}
