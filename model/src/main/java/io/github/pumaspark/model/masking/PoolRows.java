package io.github.pumaspark.model.masking;

/**
 * Rows of the masking pool as they are stored; P rows of L positions.
 *
 * @param ids [P] global pool row, ascending
 * @param positions [P] position in the global order of the sequence in the row
 * @param phases [P] phase, in [0, phases)
 * @param revealed [P * L], 1 where a maskable position is revealed, else 0
 */
public record PoolRows(long[] ids, long[] positions, int[] phases, byte[] revealed) {
  /** No rows. */
  public static PoolRows empty() {
    return new PoolRows(new long[0], new long[0], new int[0], new byte[0]);
  }
}
