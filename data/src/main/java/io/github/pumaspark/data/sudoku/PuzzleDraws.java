package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;

/** Successive draws for one attempt at one puzzle: a counter over {@link CounterRandom}. */
final class PuzzleDraws {
  private final long seed;
  private final long index;
  private long draw;

  /** The draws of an attempt; attempts never share one, up to 2^32 draws each. */
  PuzzleDraws(long seed, long index, int attempt) {
    this.seed = seed;
    this.index = index;
    draw = (long) attempt << 32;
  }

  /** A uniform integer in [0, bound). */
  int below(int bound) {
    return CounterRandom.below(bound, seed, Purpose.PUZZLE, index, draw++);
  }

  /** One of the bits set in a mask that is not 0, each with the same probability. */
  int oneBitOf(int mask) {
    int left = mask;
    for (int skip = below(Integer.bitCount(mask)); skip > 0; skip--) {
      left &= left - 1;
    }
    return Integer.lowestOneBit(left);
  }

  /** A uniform permutation of 0 to n - 1. */
  int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = below(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
