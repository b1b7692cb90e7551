package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.SequenceSource;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.BitSet;
import java.util.List;

/**
 * Progressive unmasking (PUMA) in its standard mode: a sequence is trained once in each of {@code
 * phases} phases, from almost fully masked to almost clean, and after each one the positions the
 * model was most confident about are revealed. The revealed tokens are the true ones, and which
 * ones they are depends on the noisy tokens and on independent draws only, so that the optimum of
 * the loss is that of random masks.
 *
 * <p>The pool has {@code poolFactor} rows per lane: pool row {@code lane * poolFactor + group}.
 * Step s trains group {@code (s - 1) mod poolFactor} of every lane; with pool factor 1, which is
 * the paper, a sequence is trained in consecutive steps. Pool row r starts with position r of the
 * global order, in a phase of {@link InitialPhases} and with random positions revealed.
 *
 * <p>A sequence without maskable positions has nothing to learn in any phase: it is handed out,
 * adds nothing to the loss of the step that reaches it, and is finished by that step.
 */
final class ProgressiveMasking implements MaskingStrategy {
  private final SequenceSource source;
  private final Lanes lanes;
  private final int phases;
  private final int poolFactor;
  private final RevealSchedule schedule;
  private final MaskableSubset subset;
  private final ConfidenceOrder order;
  private final BatchBuffer buffer;
  private final PoolRow[] rows; // [B * poolFactor]
  private final BitSet finished = new BitSet();
  private final CallOrder calls = new CallOrder();
  private MaskedBatch batch;
  private int group;
  private long cursor;

  ProgressiveMasking(
      MaskingConfig config, SequenceSource source, long seed, Lanes lanes, int maskTokenId) {
    this.source = source;
    this.lanes = lanes;
    phases = config.phases();
    poolFactor = config.poolFactor();
    cursor = (long) lanes.globalBatchSize() * poolFactor;
    Check.argument(
        cursor <= Integer.MAX_VALUE,
        "masking.pool-factor is too large: %s x global batch %s (must be below 2^31)",
        poolFactor,
        lanes.globalBatchSize());
    schedule = new RevealSchedule(seed, phases);
    subset = new MaskableSubset(seed, Purpose.REVEAL_ORDER, source.sequenceLength());
    order = new ConfidenceOrder(source.sequenceLength());
    buffer = new BatchBuffer(lanes.count(), source.sequenceLength(), maskTokenId);
    batch = buffer.batch(0);
    int[] initial = InitialPhases.of(seed, phases, lanes.globalBatchSize(), poolFactor);
    rows = new PoolRow[lanes.count() * poolFactor];
    for (int row = 0; row < rows.length; row++) {
      long id = firstRow() + row;
      rows[row] = newRow(id, initial[(int) id]);
    }
  }

  @Override
  public MaskedBatch next(long step) {
    calls.next();
    group = (int) Math.floorMod(step - 1, (long) poolFactor);
    buffer.clear();
    for (int lane = 0; lane < lanes.count(); lane++) {
      PoolRow row = rows[lane * poolFactor + group];
      buffer.add(row.sequence(), row.position(), row.masked(), row.maskableLength());
    }
    batch = buffer.batch(step);
    return batch;
  }

  @Override
  public BitSet observe(float[] confidence) {
    Check.argument(
        confidence.length == batch.positions().length,
        "Invalid confidences: %s (must be one per masked position: %s)",
        confidence.length,
        batch.positions().length);
    calls.observe();
    finished.clear();
    int from = 0;
    for (int lane = 0; lane < lanes.count(); lane++) {
      PoolRow row = rows[lane * poolFactor + group];
      int masked = row.maskedCount();
      row.nextPhase();
      if (row.phase() == phases || row.maskableLength() == 0) {
        finished.set(lane);
      } else {
        revealMostConfident(row, confidence, from, lane * source.sequenceLength());
      }
      from += masked;
    }
    return (BitSet) finished.clone();
  }

  @Override
  public void advance(int rank, List<BitSet> finishedLanes) {
    calls.advance();
    FinishedLanes counts = FinishedLanes.count(rank, finishedLanes, finished);
    long position = cursor + counts.before();
    for (int lane = finished.nextSetBit(0); lane >= 0; lane = finished.nextSetBit(lane + 1)) {
      rows[lane * poolFactor + group] = newRow(position++, 0);
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
    return StoredPool.of(rows, firstRow(), source.sequenceLength());
  }

  @Override
  public void restore(long newCursor, PoolRows poolRows) {
    StoredPool stored = new StoredPool(poolRows, source.sequenceLength());
    stored.check(newCursor, phases, (long) lanes.globalBatchSize() * poolFactor);
    for (int row = 0; row < rows.length; row++) {
      rows[row] = stored.row(firstRow() + row, source);
    }
    cursor = newCursor;
    calls.restore();
  }

  private long firstRow() {
    return (long) lanes.first() * poolFactor;
  }

  private PoolRow newRow(long position, int phase) {
    PoolRow row = new PoolRow(source.at(position), position, phase);
    if (row.maskableLength() > 0) {
      int count = schedule.revealedCount(position, phase, row.maskableLength());
      int[] drawn = subset.draw(row.sequence(), count, position);
      for (int i = 0; i < count; i++) {
        row.reveal(drawn[i]);
      }
    }
    return row;
  }

  /**
   * Brings a row to the revealed count of its phase.
   *
   * @param from first confidence of the row, and first of its masked positions in the batch
   * @param offset flat index of the row's first position
   */
  private void revealMostConfident(PoolRow row, float[] confidence, int from, int offset) {
    int target = schedule.revealedCount(row.position(), row.phase(), row.maskableLength());
    int count = target - row.revealedCount();
    if (count > 0) {
      order.rank(confidence, from, row.maskedCount());
      for (int place = 0; place < count; place++) {
        row.reveal(batch.positions()[from + order.index(place)] - offset);
      }
    }
  }
}
