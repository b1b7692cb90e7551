package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;
import java.util.Arrays;

/** Collects the rows of one batch in arrays that are reused from step to step. */
final class BatchBuffer {
  private final int sequenceLength;
  private final int maskTokenId;
  private final int[] cleanTokens; // [B * L]
  private final int[] noisyTokens; // [B * L]
  private final int[] segments; // [B * L]
  private final int[] maskedCounts; // [B]
  private final int[] positions; // [B * L], the first positionCount are in use
  private final long[] places; // [B]
  private int rowCount;
  private int positionCount;
  private long maskableCount;

  BatchBuffer(int rows, int sequenceLength, int maskTokenId) {
    int size = Math.multiplyExact(rows, sequenceLength);
    this.sequenceLength = sequenceLength;
    this.maskTokenId = maskTokenId;
    cleanTokens = new int[size];
    noisyTokens = new int[size];
    segments = new int[size];
    maskedCounts = new int[rows];
    positions = new int[size];
    places = new long[rows];
  }

  /** Starts a new batch; the last one becomes invalid. */
  void clear() {
    rowCount = 0;
    positionCount = 0;
    maskableCount = 0;
  }

  /**
   * Appends a row.
   *
   * @param place of {@code sequence} in the global order
   * @param masked [L], true where the position is masked
   * @param maskableLength maskable positions of {@code sequence}
   */
  void add(Sequence sequence, long place, boolean[] masked, int maskableLength) {
    int offset = rowCount * sequenceLength;
    int before = positionCount;
    System.arraycopy(sequence.tokens(), 0, cleanTokens, offset, sequenceLength);
    System.arraycopy(sequence.tokens(), 0, noisyTokens, offset, sequenceLength);
    System.arraycopy(sequence.segments(), 0, segments, offset, sequenceLength);
    for (int i = 0; i < sequenceLength; i++) {
      if (masked[i]) {
        noisyTokens[offset + i] = maskTokenId;
        positions[positionCount++] = offset + i;
      }
    }
    places[rowCount] = place;
    maskedCounts[rowCount++] = positionCount - before;
    maskableCount += maskableLength;
  }

  /** Masked positions so far. */
  int positionCount() {
    return positionCount;
  }

  /** The rows added since {@link #clear}. */
  MaskedBatch batch(long step) {
    return new MaskedBatch(
        step,
        rowCount,
        cleanTokens,
        noisyTokens,
        segments,
        maskedCounts,
        Arrays.copyOf(positions, positionCount),
        maskableCount,
        places);
  }
}
