package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.SequenceSource;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * The baseline: every step takes a new sequence per lane and masks n of its maskable positions, n
 * uniform in 1 to the maskable length, every set of n equally likely.
 *
 * <p>Lane j trains position cursor + j. A sequence without maskable positions is handed out like
 * any other, with nothing masked.
 */
final class RandomMasking implements MaskingStrategy {
  private final SequenceSource source;
  private final long seed;
  private final Lanes lanes;
  private final MaskableSubset subset;
  private final BatchBuffer buffer;
  private final boolean[] masked; // [L]
  private final BitSet finished = new BitSet();
  private final CallOrder calls = new CallOrder();
  private long cursor;

  RandomMasking(SequenceSource source, long seed, Lanes lanes, int maskTokenId) {
    this.source = source;
    this.seed = seed;
    this.lanes = lanes;
    subset = new MaskableSubset(seed, Purpose.MASK_POSITIONS, source.sequenceLength());
    buffer = new BatchBuffer(lanes.count(), source.sequenceLength(), maskTokenId);
    masked = new boolean[source.sequenceLength()];
    finished.set(0, lanes.count());
  }

  @Override
  public MaskedBatch next(long step) {
    calls.next();
    buffer.clear();
    for (int lane = 0; lane < lanes.count(); lane++) {
      long position = cursor + lanes.first() + lane;
      Sequence sequence = source.at(position);
      int maskableLength = sequence.maskableLength();
      mask(sequence, position, maskableLength);
      buffer.add(sequence, position, masked, maskableLength);
    }
    return buffer.batch(step);
  }

  @Override
  public BitSet observe(float[] confidence) {
    calls.observe();
    return (BitSet) finished.clone();
  }

  @Override
  public void advance(int rank, List<BitSet> finishedLanes) {
    calls.advance();
    FinishedLanes counts = FinishedLanes.count(rank, finishedLanes, finished);
    if (counts.before() != lanes.first() || counts.total() != lanes.globalBatchSize()) {
      throw new IllegalStateException(
          String.format("Cannot advance rank %d: %s do not cover %s", rank, finishedLanes, lanes));
    }
    cursor += counts.total();
  }

  @Override
  public long cursor() {
    return cursor;
  }

  @Override
  public PoolRows poolRows() {
    calls.save();
    return PoolRows.empty();
  }

  /** Pool rows are ignored: this strategy keeps none. */
  @Override
  public void restore(long newCursor, PoolRows poolRows) {
    Check.argument(newCursor >= 0, "Invalid cursor: %s (must not be negative)", newCursor);
    cursor = newCursor;
    calls.restore();
  }

  private void mask(Sequence sequence, long position, int maskableLength) {
    Arrays.fill(masked, false);
    if (maskableLength == 0) {
      return;
    }
    int count = 1 + CounterRandom.below(maskableLength, seed, Purpose.MASK_COUNT, position, 0);
    int[] drawn = subset.draw(sequence, count, position);
    for (int i = 0; i < count; i++) {
      masked[drawn[i]] = true;
    }
  }
}
