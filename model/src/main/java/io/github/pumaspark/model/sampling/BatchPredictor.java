package io.github.pumaspark.model.sampling;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.network.Predictor;
import io.github.pumaspark.model.network.Predictor.Prediction;
import java.util.List;

/**
 * Forward passes whose row counts come from a small fixed set, so that tensor shapes repeat.
 *
 * <p>The set is the batch size and its half, quarter and eighth, each rounded up. A shorter batch
 * is padded by repeating its last row with no positions asked of the copy.
 */
public final class BatchPredictor {
  private static final int SMALLEST_SHARE = 8;

  private final Predictor predictor;
  private final int batchSize;

  /** Wraps a predictor, which stays the caller's to close. */
  public BatchPredictor(Predictor predictor, int batchSize) {
    Check.argument(batchSize > 0, "batch-size must be positive: %s", batchSize);
    this.predictor = predictor;
    this.batchSize = batchSize;
  }

  /** Most rows of one forward pass. */
  public int batchSize() {
    return batchSize;
  }

  /**
   * Scores of the wanted positions of 1 to {@link #batchSize()} rows, row after row. Either every
   * row has targets or none has.
   */
  public Prediction predict(List<NoisyRow> rows) {
    Check.argument(
        !rows.isEmpty() && rows.size() <= batchSize,
        "Invalid batch: %s rows (must be 1 to %s)",
        rows.size(),
        batchSize);
    int length = predictor.sequenceLength();
    int rowCount = paddedRows(rows.size());
    int[] noisyTokens = new int[rowCount * length];
    int[] segments = new int[rowCount * length];
    int count = rows.stream().mapToInt(row -> row.positions().length).sum();
    int[] positions = new int[count];
    int[] targets = rows.get(0).targets() == null ? null : new int[count];
    int filled = 0;
    for (int b = 0; b < rowCount; b++) {
      NoisyRow row = rows.get(Math.min(b, rows.size() - 1));
      Check.argument(
          row.tokens().length == length,
          "Invalid row: %s positions (must be %s)",
          row.tokens().length,
          length);
      System.arraycopy(row.tokens(), 0, noisyTokens, b * length, length);
      System.arraycopy(row.segments(), 0, segments, b * length, length);
      if (b < rows.size()) {
        int[] rowTargets = row.targets();
        for (int i = 0; i < row.positions().length; i++) {
          positions[filled + i] = b * length + row.positions()[i];
          if (targets != null && rowTargets != null) {
            targets[filled + i] = rowTargets[i];
          }
        }
        filled += row.positions().length;
      }
    }
    return predictor.predict(noisyTokens, segments, positions, targets);
  }

  /** The smallest row count of the fixed set that holds {@code rows}. */
  private int paddedRows(int rows) {
    int padded = batchSize;
    for (int share = 2; share <= SMALLEST_SHARE; share *= 2) {
      int smaller = (batchSize + share - 1) / share;
      if (smaller >= rows) {
        padded = smaller;
      }
    }
    return padded;
  }
}
