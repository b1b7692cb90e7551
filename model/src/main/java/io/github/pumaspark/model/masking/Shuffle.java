package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;

/** Random order as a pure function of (seed, purpose, id). */
final class Shuffle {
  private Shuffle() {}

  /**
   * Moves a uniformly random, randomly ordered choice of {@code count} of the first {@code size}
   * items to the front; the result depends on the order the items came in.
   */
  static void front(int[] items, int size, int count, long seed, Purpose purpose, long id) {
    for (int i = 0; i < count; i++) {
      int other = i + CounterRandom.below(size - i, seed, purpose, id, i);
      int item = items[other];
      items[other] = items[i];
      items[i] = item;
    }
  }
}
