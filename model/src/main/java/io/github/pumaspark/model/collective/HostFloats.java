package io.github.pumaspark.model.collective;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Float32 memory outside the heap. */
final class HostFloats {
  private HostFloats() {}

  /** Private to this process. */
  static FloatBuffer zeroed(int length) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(length, Float.BYTES))
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }
}
