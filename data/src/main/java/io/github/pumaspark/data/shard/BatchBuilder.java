package io.github.pumaspark.data.shard;

import com.google.flatbuffers.FlatBufferBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.vector.ipc.message.ArrowBuffer;
import org.apache.arrow.vector.ipc.message.ArrowFieldNode;
import org.apache.arrow.vector.ipc.message.FBSerializables;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;

/** Rows gathered into the column buffers of one record batch; reused from batch to batch. */
final class BatchBuilder {
  /*
   * The batch is assembled from heap arrays rather than Arrow vectors: no allocator to close, no reflection
   * into java.nio, and the columns, which hold no nulls, need no validity bitmaps.
   */
  private final ShardLayout layout;
  private final LittleEndianBytes tokens;
  private final byte[] promptBits;
  private final Lists documentLengths = new Lists();
  private final Lists promptLengths = new Lists();
  private final LittleEndianBytes tokenCounts = new LittleEndianBytes(1 << 10);
  private final LittleEndianBytes sourceIds = new LittleEndianBytes(1 << 10);
  private final LittleEndianBytes rowIds = new LittleEndianBytes(1 << 10);
  private int rows;

  BatchBuilder(ShardLayout layout) {
    this.layout = layout;
    int positions = layout.rowsPerBatch() * layout.sequenceLength();
    this.tokens = new LittleEndianBytes(positions * layout.tokenType().bytes());
    this.promptBits = new byte[layout.promptMask() ? (positions + 7) / 8 : 0];
  }

  int rows() {
    return rows;
  }

  boolean isFull() {
    return rows == layout.rowsPerBatch();
  }

  /** Appends a row that fits the layout. */
  void add(TokenRow row, long rowId) {
    boolean narrow = layout.tokenType() == TokenType.UINT16;
    for (int token : row.tokens()) {
      if (narrow) {
        tokens.putShort(token);
      } else {
        tokens.putInt(token);
      }
    }
    boolean[] prompt = row.prompt();
    if (prompt != null) {
      int first = rows * layout.sequenceLength();
      for (int i = 0; i < prompt.length; i++) {
        if (prompt[i]) {
          promptBits[(first + i) >> 3] |= (byte) (1 << ((first + i) & 7));
        }
      }
    }
    documentLengths.add(row.documentLengths());
    promptLengths.add(row.promptLengths());
    tokenCounts.putInt(row.tokenCount());
    sourceIds.putShort(row.sourceId());
    rowIds.putLong(rowId);
    rows++;
  }

  /** Writes the rows as one record batch message and starts the next batch. */
  void writeTo(ShardOutput out) throws IOException {
    Body body = new Body();
    body.fixedList(rows, rows * layout.sequenceLength(), tokens.bytes(), tokens.size());
    if (layout.promptMask()) {
      int bits = rows * layout.sequenceLength();
      body.fixedList(rows, bits, promptBits, (bits + 7) / 8);
    }
    body.list(rows, documentLengths);
    body.list(rows, promptLengths);
    body.primitive(rows, tokenCounts);
    body.primitive(rows, sourceIds);
    body.primitive(rows, rowIds);

    out.writeHead(body.metadata(rows));
    for (int i = 0; i < body.arrays.size(); i++) {
      int size = body.sizes.get(i);
      out.write(body.arrays.get(i), size);
      out.write(new byte[ShardOutput.ALIGNMENT], ShardOutput.aligned(size) - size);
    }
    clear();
  }

  private void clear() {
    rows = 0;
    tokens.clear();
    Arrays.fill(promptBits, (byte) 0);
    documentLengths.clear();
    promptLengths.clear();
    tokenCounts.clear();
    sourceIds.clear();
    rowIds.clear();
  }

  /** A list column: item offsets and items. */
  private static final class Lists {
    private final LittleEndianBytes offsets = new LittleEndianBytes(1 << 10);
    private final LittleEndianBytes items = new LittleEndianBytes(1 << 10);

    Lists() {
      clear();
    }

    void add(int[] values) {
      for (int value : values) {
        items.putInt(value);
      }
      offsets.putInt(items.size() / Integer.BYTES);
    }

    void clear() {
      items.clear();
      offsets.clear();
      offsets.putInt(0);
    }
  }

  /** Field nodes and buffers in the order of the schema, depth first. */
  private static final class Body {
    private final List<ArrowFieldNode> nodes = new ArrayList<>();
    private final List<ArrowBuffer> buffers = new ArrayList<>();
    private final List<byte[]> arrays = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private int length;

    void primitive(int values, LittleEndianBytes data) {
      nodes.add(new ArrowFieldNode(values, 0));
      validity();
      buffer(data.bytes(), data.size());
    }

    void fixedList(int values, int items, byte[] data, int size) {
      nodes.add(new ArrowFieldNode(values, 0));
      validity();
      nodes.add(new ArrowFieldNode(items, 0));
      validity();
      buffer(data, size);
    }

    void list(int values, Lists lists) {
      nodes.add(new ArrowFieldNode(values, 0));
      validity();
      buffer(lists.offsets.bytes(), lists.offsets.size());
      nodes.add(new ArrowFieldNode(lists.items.size() / Integer.BYTES, 0));
      validity();
      buffer(lists.items.bytes(), lists.items.size());
    }

    private void validity() {
      buffers.add(new ArrowBuffer(length, 0));
    }

    private void buffer(byte[] bytes, int size) {
      buffers.add(new ArrowBuffer(length, size));
      arrays.add(bytes);
      sizes.add(size);
      length = Math.addExact(length, ShardOutput.aligned(size));
    }

    ByteBuffer metadata(int rows) {
      FlatBufferBuilder builder = new FlatBufferBuilder();
      RecordBatch.startNodesVector(builder, nodes.size());
      int nodesOffset = FBSerializables.writeAllStructsToVector(builder, nodes);
      RecordBatch.startBuffersVector(builder, buffers.size());
      int buffersOffset = FBSerializables.writeAllStructsToVector(builder, buffers);
      RecordBatch.startRecordBatch(builder);
      RecordBatch.addLength(builder, rows);
      RecordBatch.addNodes(builder, nodesOffset);
      RecordBatch.addBuffers(builder, buffersOffset);
      int batch = RecordBatch.endRecordBatch(builder);
      return MessageSerializer.serializeMessage(
          builder, MessageHeader.RecordBatch, batch, length, IpcOption.DEFAULT);
    }
  }

  /** A growing array of little-endian integers, readable without a copy. */
  private static final class LittleEndianBytes {
    private ByteBuffer buffer;

    LittleEndianBytes(int capacity) {
      buffer = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    void putShort(int value) {
      reserve(Short.BYTES);
      buffer.putShort((short) value);
    }

    void putInt(int value) {
      reserve(Integer.BYTES);
      buffer.putInt(value);
    }

    void putLong(long value) {
      reserve(Long.BYTES);
      buffer.putLong(value);
    }

    int size() {
      return buffer.position();
    }

    byte[] bytes() {
      return buffer.array();
    }

    void clear() {
      buffer.clear();
    }

    private void reserve(int bytes) {
      if (buffer.remaining() < bytes) {
        ByteBuffer larger =
            ByteBuffer.allocate(Math.multiplyExact(2, buffer.capacity()) + bytes)
                .order(ByteOrder.LITTLE_ENDIAN);
        buffer = larger.put(buffer.flip());
      }
    }
  }
}
