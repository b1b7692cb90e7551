package io.github.pumaspark.model.masking;

import java.util.Arrays;

/** Ranks the masked positions of a row by confidence; reuses its buffer, not thread-safe. */
final class ConfidenceOrder {
  private final long[] keys;

  ConfidenceOrder(int sequenceLength) {
    keys = new long[sequenceLength];
  }

  /**
   * Ranks a row: highest confidence first, equal ones (0 and -0 are equal) by ascending index, NaN
   * after everything else. Read the result with {@link #index}.
   *
   * @param confidence values of a whole batch
   * @param from first value of the row
   * @param count values of the row, in ascending order of their positions
   */
  void rank(float[] confidence, int from, int count) {
    for (int i = 0; i < count; i++) {
      keys[i] = (long) ~ascending(confidence[from + i]) << Integer.SIZE | i;
    }
    Arrays.sort(keys, 0, count);
  }

  /** Which value of the row, counted from its first, has this place; 0 is the most confident. */
  int index(int place) {
    return (int) keys[place];
  }

  /** An integer that orders as the value does: the bits of negative floats order backwards. */
  private static int ascending(float value) {
    if (Float.isNaN(value)) {
      return Integer.MIN_VALUE;
    }
    int bits = Float.floatToIntBits(value + 0.0f);
    return bits ^ (bits >> 31 & Integer.MAX_VALUE);
  }
}
