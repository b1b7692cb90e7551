package io.github.pumaspark.data.shard;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;

/**
 * The rows of one record batch, read in place from the bytes of its message, whose checksum was
 * found right. Immutable and thread-safe.
 */
final class BatchView {
  private static final int ITEMS_AFTER_OFFSETS = 2;

  private final ByteBuffer body;
  private final ShardLayout layout;
  private final int rows;
  private final int inputIds;
  private final int promptMask;
  private final ListColumn docLens;
  private final ListColumn promptLens;
  private final int nTokens;
  private final int sourceId;
  private final int rowId;

  private BatchView(ByteBuffer body, ShardColumns columns, RecordBatch batch) throws IOException {
    this.body = body;
    this.layout = columns.layout();
    this.rows = Math.toIntExact(batch.length());
    long positions = (long) rows * layout.sequenceLength();
    this.inputIds = start(batch, columns.inputIds(), positions * layout.tokenType().bytes());
    this.promptMask =
        layout.promptMask() ? start(batch, columns.promptMask(), (positions + 7) / 8) : -1;
    this.docLens = list(batch, columns.docLens());
    this.promptLens = list(batch, columns.promptLens());
    this.nTokens = start(batch, columns.nTokens(), (long) rows * Integer.BYTES);
    this.sourceId = start(batch, columns.sourceId(), (long) rows * Short.BYTES);
    this.rowId = start(batch, columns.rowId(), (long) rows * Long.BYTES);
  }

  /**
   * Reads the head of a record batch message.
   *
   * @throws IOException with half a sentence if it is not a record batch of these columns
   */
  static BatchView of(ByteBuffer message, ShardColumns columns) throws IOException {
    try {
      ByteBuffer bytes = message.slice().order(ByteOrder.LITTLE_ENDIAN);
      int mark = bytes.getInt();
      int length = bytes.getInt();
      if (mark != ShardOutput.CONTINUATION || length <= 0 || length > bytes.remaining()) {
        throw new IOException("is not where the manifest says");
      }
      int head = bytes.position();
      Message header =
          Message.getRootAsMessage(bytes.slice(head, length).order(ByteOrder.LITTLE_ENDIAN));
      if (header.headerType() != MessageHeader.RecordBatch
          || header.bodyLength() != bytes.capacity() - head - length) {
        throw new IOException("is not a record batch of the length that the manifest says");
      }
      ByteBuffer body =
          bytes
              .slice(head + length, bytes.capacity() - head - length)
              .order(ByteOrder.LITTLE_ENDIAN);
      RecordBatch batch = (RecordBatch) header.header(new RecordBatch());
      if (batch == null || batch.compression() != null) {
        throw new IOException("is compressed or empty");
      }
      return new BatchView(body, columns, batch);
    } catch (IndexOutOfBoundsException | BufferUnderflowException | ArithmeticException e) {
      throw new IOException("has a damaged head", e);
    }
  }

  int rows() {
    return rows;
  }

  /** Global number of a row of this batch. */
  long rowId(int row) {
    return body.getLong(rowId + row * Long.BYTES);
  }

  /** A row of this batch, copied to fresh arrays. */
  TokenRow row(int row) {
    return new TokenRow(
        tokens(row),
        layout.promptMask() ? prompt(row) : null,
        docLens.row(body, row),
        promptLens.row(body, row),
        body.getInt(nTokens + row * Integer.BYTES),
        body.getShort(sourceId + row * Short.BYTES));
  }

  private int[] tokens(int row) {
    int[] tokens = new int[layout.sequenceLength()];
    int bytes = tokens.length * layout.tokenType().bytes();
    ByteBuffer ids = body.slice(inputIds + row * bytes, bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (layout.tokenType() == TokenType.UINT16) {
      // A bulk copy and a plain loop become vector code; reading id by id from the buffer does not.
      short[] narrow = new short[tokens.length];
      ids.asShortBuffer().get(narrow);
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = Short.toUnsignedInt(narrow[i]);
      }
    } else {
      ids.asIntBuffer().get(tokens);
    }
    return tokens;
  }

  private boolean[] prompt(int row) {
    boolean[] prompt = new boolean[layout.sequenceLength()];
    int first = row * prompt.length;
    for (int i = 0; i < prompt.length; i++) {
      int bit = first + i;
      prompt[i] = (body.get(promptMask + (bit >> 3)) >> (bit & 7) & 1) != 0;
    }
    return prompt;
  }

  private ListColumn list(RecordBatch batch, int offsets) throws IOException {
    int start = start(batch, offsets, (rows + 1L) * Integer.BYTES);
    int end = body.getInt(start + rows * Integer.BYTES);
    int items = start(batch, offsets + ITEMS_AFTER_OFFSETS, (long) end * Integer.BYTES);
    return new ListColumn(start, items);
  }

  private int start(RecordBatch batch, int buffer, long bytes) throws IOException {
    if (buffer >= batch.buffersLength()) {
      throw new IOException("has too few buffers");
    }
    long offset = batch.buffers(buffer).offset();
    if (batch.buffers(buffer).length() < bytes || offset < 0 || offset + bytes > body.capacity()) {
      throw new IOException("has a buffer that is too short");
    }
    return Math.toIntExact(offset);
  }

  /** Where the offsets and the items of a list of int32 start in the body. */
  private record ListColumn(int offsets, int items) {
    int[] row(ByteBuffer body, int row) {
      int first = body.getInt(offsets + row * Integer.BYTES);
      int[] values = new int[body.getInt(offsets + (row + 1) * Integer.BYTES) - first];
      for (int i = 0; i < values.length; i++) {
        values[i] = body.getInt(items + (first + i) * Integer.BYTES);
      }
      return values;
    }
  }
}
