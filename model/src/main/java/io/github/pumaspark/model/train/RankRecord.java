package io.github.pumaspark.model.train;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What a rank tells the others once in a step, after its backward pass and before any update; every
 * rank decides from all records, so all decide alike.
 *
 * @param lossSum this rank's share of the loss, already divided by the global batch
 * @param gradientSquaredNorm sum of squares of the part of the summed gradient that the rank owns
 * @param maskedCount masked positions
 * @param maskableCount maskable positions
 * @param stop whether the rank was asked to stop
 * @param finished lanes of this rank whose sequence is finished, counted from its first lane
 */
record RankRecord(
    double lossSum,
    double gradientSquaredNorm,
    long maskedCount,
    long maskableCount,
    boolean stop,
    BitSet finished) {
  private static final int FIXED_BYTES = 4 * Long.BYTES + 1;

  byte[] encode() {
    byte[] lanes = finished.toByteArray();
    return ByteBuffer.allocate(FIXED_BYTES + lanes.length)
        .putDouble(lossSum)
        .putDouble(gradientSquaredNorm)
        .putLong(maskedCount)
        .putLong(maskableCount)
        .put((byte) (stop ? 1 : 0))
        .put(lanes)
        .array();
  }

  static RankRecord decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new RankRecord(
        in.getDouble(),
        in.getDouble(),
        in.getLong(),
        in.getLong(),
        in.get() != 0,
        BitSet.valueOf(Arrays.copyOfRange(bytes, FIXED_BYTES, bytes.length)));
  }
}
