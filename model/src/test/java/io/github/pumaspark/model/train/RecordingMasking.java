package io.github.pumaspark.model.train;

import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.masking.PoolRows;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Keeps what a strategy gave out. */
final class RecordingMasking implements MaskingStrategy {
  /** One row of a batch. */
  record Row(List<Integer> clean, List<Integer> noisy, int maskedCount) {}

  final SortedMap<Long, List<Row>> rows = new TreeMap<>();
  private final MaskingStrategy strategy;
  private long step;

  /** Step in which the network is certain of nothing: all confidences are NaN. */
  long stepOfNaN;

  RecordingMasking(MaskingStrategy strategy) {
    this.strategy = strategy;
  }

  @Override
  public MaskedBatch next(long step) {
    this.step = step;
    MaskedBatch batch = strategy.next(step);
    int length = batch.cleanTokens().length / batch.rowCount();
    rows.put(
        step,
        java.util.stream.IntStream.range(0, batch.rowCount())
            .mapToObj(
                row ->
                    new Row(
                        part(batch.cleanTokens(), row, length),
                        part(batch.noisyTokens(), row, length),
                        batch.maskedCounts()[row]))
            .toList());
    return batch;
  }

  @Override
  public BitSet observe(float[] confidence) {
    if (step == stepOfNaN) {
      java.util.Arrays.fill(confidence, Float.NaN);
    }
    return strategy.observe(confidence);
  }

  @Override
  public void advance(int rank, List<BitSet> finished) {
    strategy.advance(rank, finished);
  }

  @Override
  public long cursor() {
    return strategy.cursor();
  }

  @Override
  public PoolRows poolRows() {
    return strategy.poolRows();
  }

  @Override
  public void restore(long cursor, PoolRows poolRows) {
    strategy.restore(cursor, poolRows);
  }

  private static List<Integer> part(int[] values, int row, int length) {
    return java.util.Arrays.stream(values, row * length, (row + 1) * length).boxed().toList();
  }
}
