package io.github.pumaspark.data.batch;

/**
 * One fixed-length row of tokens with what must be known to mask it. The arrays are shared, never
 * written.
 *
 * @param rowId global row number in its dataset
 * @param tokens [L] clean token ids; padding after {@code tokenCount}
 * @param prompt [L], true where a position is given and never masked
 * @param segments [L], document number within the row, ascending from 0; padding has the number
 *     after the last
 * @param tokenCount used positions, in [0, L]; the rest is padding, never masked
 */
public record Sequence(long rowId, int[] tokens, boolean[] prompt, int[] segments, int tokenCount) {

  /** Whether a position may be masked: a used position that is not given. */
  public boolean isMaskable(int position) {
    return position < tokenCount && !prompt[position];
  }

  /** Number of maskable positions (the paper's effective length). */
  public int maskableLength() {
    int count = 0;
    for (int i = 0; i < tokenCount; i++) {
      count += prompt[i] ? 0 : 1;
    }
    return count;
  }
}
