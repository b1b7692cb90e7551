package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.SequenceSource;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import java.util.Arrays;

/** The rows of a pool in their stored form, and back. */
final class StoredPool {
  private final PoolRows stored;
  private final int sequenceLength;

  /** Wraps stored rows; {@code ids} ascending. */
  StoredPool(PoolRows stored, int sequenceLength) {
    int size = stored.ids().length;
    Check.argument(
        stored.positions().length == size && stored.phases().length == size,
        "Invalid pool rows: %s ids, %s positions, %s phases (must agree)",
        size,
        stored.positions().length,
        stored.phases().length);
    if (stored.revealed().length != (long) size * sequenceLength) {
      throw mismatch(
          stored.revealed().length + " revealed flags in " + size + " rows",
          "the sequence length is " + sequenceLength);
    }
    this.stored = stored;
    this.sequenceLength = sequenceLength;
  }

  /** Stores rows whose global pool rows are {@code firstRow} and following. */
  static PoolRows of(PoolRow[] rows, long firstRow, int sequenceLength) {
    long[] ids = new long[rows.length];
    long[] positions = new long[rows.length];
    int[] phases = new int[rows.length];
    byte[] revealed = new byte[Math.multiplyExact(rows.length, sequenceLength)];
    for (int row = 0; row < rows.length; row++) {
      ids[row] = firstRow + row;
      positions[row] = rows[row].position();
      phases[row] = rows[row].phase();
      for (int i = 0; i < sequenceLength; i++) {
        revealed[row * sequenceLength + i] = (byte) (rows[row].isRevealed(i) ? 1 : 0);
      }
    }
    return new PoolRows(ids, positions, phases, revealed);
  }

  /**
   * Checks that every stored row can belong to a pool of {@code poolSize} rows.
   *
   * @throws ConfigException if one cannot
   */
  void check(long cursor, int phases, long poolSize) {
    for (int row = 0; row < stored.ids().length; row++) {
      long id = stored.ids()[row];
      if (id < 0 || id >= poolSize) {
        throw mismatch("there is a pool row " + id, "the pool has " + poolSize + " rows");
      }
      int phase = stored.phases()[row];
      if (phase < 0 || phase >= phases) {
        throw mismatch("pool row " + id + " is in phase " + phase, "masking.phases is " + phases);
      }
      long position = stored.positions()[row];
      if (position < 0 || position >= cursor) {
        throw mismatch("pool row " + id + " holds position " + position, "the cursor is " + cursor);
      }
    }
  }

  /**
   * One row, its tokens read again from {@code source}.
   *
   * @throws ConfigException if it is not among the stored rows or does not fit its sequence
   */
  PoolRow row(long id, SequenceSource source) {
    int found = Arrays.binarySearch(stored.ids(), id);
    if (found < 0) {
      throw mismatch("pool row " + id + " is missing", stored.ids().length + " rows are there");
    }
    long position = stored.positions()[found];
    Sequence sequence = source.at(position);
    PoolRow row = new PoolRow(sequence, position, stored.phases()[found]);
    for (int i = 0; i < sequenceLength; i++) {
      if (stored.revealed()[found * sequenceLength + i] != 0) {
        if (!sequence.isMaskable(i)) {
          throw mismatch(
              "pool row " + id + " reveals position " + i,
              "it is not maskable in dataset row " + sequence.rowId());
        }
        row.reveal(i);
      }
    }
    return row;
  }

  private static ConfigException mismatch(String found, String expected) {
    return new ConfigException(
        "Cannot go on from the stored masking pool: "
            + found
            + ", but "
            + expected
            + ". Keep masking.*, train.global-batch-size and the dataset of a run as they were.");
  }
}
