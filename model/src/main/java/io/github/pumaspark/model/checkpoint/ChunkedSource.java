package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A tensor in memory, turned into bytes piece by piece. */
record ChunkedSource(TensorInfo info, int elements, Chunk chunk) implements TensorSource {
  private static final int CHUNK_BYTES = 1 << 18;

  ChunkedSource {
    Check.argument(
        elements == info.elements(),
        "Invalid data of tensor '%s': %s elements (shape %s needs %s)",
        info.name(),
        elements,
        info.shape(),
        info.elements());
  }

  /** Puts {@code count} elements, from element {@code first} on, at the start of the buffer. */
  @FunctionalInterface
  interface Chunk {
    void put(int first, int count, ByteBuffer littleEndian);
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    int size = info.type().bytes();
    int chunkElements = Math.min(elements, CHUNK_BYTES / size);
    byte[] bytes = new byte[chunkElements * size];
    for (int first = 0, count; first < elements; first += count) {
      count = Math.min(chunkElements, elements - first);
      chunk.put(first, count, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
      out.write(bytes, 0, count * size);
    }
  }
}
