package io.github.pumaspark.model.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Where weights and gradients lie in the memory of the process. */
@FunctionalInterface
public interface HostMemory {
  /**
   * Bytes of which a buffer's address is a multiple, as the tensor library's own memory: what its
   * matrix products round to may depend on it.
   */
  int ALIGNMENT = 64;

  /**
   * Zeroed float32 memory: direct, native order, aligned, indices 0 to {@code length}. It lives as
   * long as the buffer is reachable.
   */
  FloatBuffer allocate(int length);

  /** Memory of this process that nobody shares. */
  static HostMemory plain() {
    return length -> {
      int bytes = Math.multiplyExact(length, Float.BYTES);
      // One block more than asked for, so that an aligned part is long enough.
      return ByteBuffer.allocateDirect(Math.addExact(bytes, ALIGNMENT))
          .alignedSlice(ALIGNMENT)
          .slice(0, bytes)
          .order(ByteOrder.nativeOrder())
          .asFloatBuffer();
    };
  }
}
