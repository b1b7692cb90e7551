package io.github.pumaspark.model.network;

import io.github.pumaspark.data.lang.Check;
import java.util.Arrays;

/**
 * Chosen positions of a pass, followed by others of the same rows up to a round number.
 *
 * <p>The number of masked positions differs from pass to pass. Left as it is, every pass would have
 * matrix products of sizes never seen before, for which the tensor library makes and keeps new
 * machine code.
 */
final class PaddedPositions {
  /** A pass has about so many round numbers, or twice as many. */
  private static final int ROUND_NUMBERS = 16;

  private PaddedPositions() {}

  /**
   * Adds positions.
   *
   * @param positions [N], N above 0, strictly ascending, in [0, total)
   * @param total positions of the pass (B * L)
   * @return [M], M at least N, beginning with {@code positions}; all different
   * @throws IllegalArgumentException if positions are not ascending or out of range
   */
  static int[] of(int[] positions, int total) {
    int n = positions.length;
    int last = -1;
    for (int position : positions) {
      Check.argument(
          last < position && position < total,
          "Invalid position: %s after %s (positions must ascend, below %s)",
          position,
          last,
          total);
      last = position;
    }
    int unit = Math.max(1, Integer.highestOneBit(total / ROUND_NUMBERS));
    int rounded = (int) Math.min(total, (n + unit - 1L) / unit * unit);
    int[] padded = Arrays.copyOf(positions, rounded);
    int next = 0;
    int other = 0;
    for (int i = n; i < rounded; other++) {
      if (next < n && positions[next] == other) {
        next++;
      } else {
        padded[i++] = other;
      }
    }
    return padded;
  }
}
