package io.github.pumaspark.model.network;

import io.github.pumaspark.model.engine.Precision;

/** How many rows go through a pass at once where the user leaves it open. */
public final class PassSize {
  /*
   * On a CPU, bfloat16 products are so fast that the passes between them decide; these run at the speed of the
   * cache as long as a block's arrays stay in it. Float32 products gain nothing from smaller passes.
   */
  private static final int CACHED_TOKENS = 1536;

  private PassSize() {}

  /**
   * Rows of one pass.
   *
   * @param rows of a rank's part of the batch
   * @param length tokens of a row (L)
   * @return in [1, max(1, rows)]; the passes differ by less than one row times their number
   */
  public static int of(int rows, int length, Precision precision, boolean isGpu) {
    long tokens = (long) rows * length;
    if (rows <= 1 || isGpu || precision == Precision.FP32 || tokens <= CACHED_TOKENS) {
      return Math.max(1, rows);
    }
    int passes = (int) Math.min(rows, (tokens + CACHED_TOKENS - 1) / CACHED_TOKENS);
    return (rows + passes - 1) / passes;
  }
}
