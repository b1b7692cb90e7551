package io.github.pumaspark.data.shard;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Packs documents into rows of one length, in order and without gaps: a document that does not fit
 * goes on in the next row, as a document of its own there. Only the last row is padded. No token is
 * lost.
 *
 * <p>Not thread-safe; memory is one row and one document.
 */
public final class RowPacker implements Iterator<TokenRow> {
  private final Iterator<int[]> documents;
  private final int sequenceLength;
  private final int padTokenId;
  private final int sourceId;
  private int[] document = new int[0];
  private int used;

  /**
   * Rows of some documents.
   *
   * @param documents token ids of each document, empty ones are skipped; read as rows are asked for
   * @param sourceId stored with every row
   */
  public RowPacker(Iterator<int[]> documents, int sequenceLength, int padTokenId, int sourceId) {
    this.documents = documents;
    this.sequenceLength = sequenceLength;
    this.padTokenId = padTokenId;
    this.sourceId = sourceId;
  }

  @Override
  public boolean hasNext() {
    while (used == document.length && documents.hasNext()) {
      document = documents.next();
      used = 0;
    }
    return used < document.length;
  }

  @Override
  public TokenRow next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    int[] tokens = new int[sequenceLength];
    List<Integer> lengths = new ArrayList<>();
    int filled = 0;
    while (filled < sequenceLength && hasNext()) {
      int taken = Math.min(document.length - used, sequenceLength - filled);
      System.arraycopy(document, used, tokens, filled, taken);
      used += taken;
      filled += taken;
      lengths.add(taken);
    }
    Arrays.fill(tokens, filled, sequenceLength, padTokenId);
    int[] documentLengths = lengths.stream().mapToInt(Integer::intValue).toArray();
    return new TokenRow(
        tokens, null, documentLengths, new int[documentLengths.length], filled, sourceId);
  }
}
