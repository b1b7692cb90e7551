package io.github.pumaspark.jobs.bench;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Addends whose sum is known: element i of rank r is {@code factor(r) * (i % PERIOD + 1)}, small
 * whole numbers that bfloat16 holds exactly.
 */
final class Addends {
  /** Elements after which the pattern begins again. */
  static final int PERIOD = 15;

  private static final int FACTORS = 16;
  private static final int TILE = PERIOD * 4096;

  private Addends() {}

  /** What a rank multiplies the pattern with. */
  static int factor(int rank) {
    return rank % FACTORS + 1;
  }

  /** Fills a buffer with a rank's addends. */
  static void fill(FloatBuffer values, int rank) {
    float[] tile = tile(factor(rank));
    for (int i = 0; i < values.capacity(); i += TILE) {
      values.put(i, tile, 0, Math.min(TILE, values.capacity() - i));
    }
  }

  /**
   * Checks that a buffer holds the sums.
   *
   * @throws IllegalStateException naming the first wrong element
   */
  static void check(FloatBuffer values, int ranks) {
    float[] expected = tile(total(ranks));
    float[] found = new float[TILE];
    for (int i = 0; i < values.capacity(); i += TILE) {
      int n = Math.min(TILE, values.capacity() - i);
      values.get(i, found, 0, n);
      int wrong = Arrays.mismatch(found, 0, n, expected, 0, n);
      if (wrong >= 0) {
        throw new IllegalStateException(
            "wrong sum: element "
                + (i + wrong)
                + " is "
                + found[wrong]
                + ", must be "
                + expected[wrong]);
      }
    }
  }

  /** Sum of all elements of a buffer that holds the sums over ranks. */
  static double sum(int length, int ranks) {
    long whole = (long) (length / PERIOD) * PERIOD * (PERIOD + 1) / 2;
    int rest = length % PERIOD;
    return (double) total(ranks) * (whole + rest * (rest + 1) / 2);
  }

  private static int total(int ranks) {
    return IntStream.range(0, ranks).map(Addends::factor).sum();
  }

  private static float[] tile(int factor) {
    float[] tile = new float[TILE];
    for (int i = 0; i < TILE; i++) {
      tile[i] = factor * (i % PERIOD + 1);
    }
    return tile;
  }
}
