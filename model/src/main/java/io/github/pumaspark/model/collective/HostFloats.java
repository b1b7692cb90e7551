package io.github.pumaspark.model.collective;

import io.github.pumaspark.model.engine.HostMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Float32 memory outside the heap, as exchanges see it.
 *
 * @param id number among the allocated buffers; negative if it was not allocated here
 * @param bytes the same memory, if it is known
 * @param shared the corresponding memory of ranks on this host, read-only, by rank
 */
record HostFloats(
    int id, FloatBuffer values, @Nullable ByteBuffer bytes, Map<Integer, FloatBuffer> shared) {
  static final int FOREIGN = -1;

  /** Memory of this process alone, aligned as tensors want it. */
  static HostFloats zeroed(int id, int length) {
    int size = Math.multiplyExact(length, Float.BYTES);
    ByteBuffer memory =
        ByteBuffer.allocateDirect(Math.addExact(size, HostMemory.ALIGNMENT))
            .alignedSlice(HostMemory.ALIGNMENT)
            .slice(0, size);
    return of(id, memory, Map.of());
  }

  static HostFloats of(int id, ByteBuffer memory, Map<Integer, FloatBuffer> shared) {
    ByteBuffer bytes = memory.order(ByteOrder.nativeOrder());
    return new HostFloats(id, bytes.asFloatBuffer(), bytes, shared);
  }

  /** A buffer that was not allocated here: exchanged through copies, never shared. */
  static HostFloats foreign(FloatBuffer values) {
    return new HostFloats(FOREIGN, values, null, Map.of());
  }

  /** The bytes of elements [start, start + n), or null if only copies can be made. */
  @Nullable ByteBuffer slice(int start, int n) {
    return bytes == null ? null : bytes.slice(start * Float.BYTES, n * Float.BYTES);
  }
}
