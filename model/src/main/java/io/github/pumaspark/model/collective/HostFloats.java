package io.github.pumaspark.model.collective;

import io.github.pumaspark.model.engine.HostMemory;
import java.nio.FloatBuffer;

/** Float32 memory outside the heap. */
final class HostFloats {
  private HostFloats() {}

  /** Private to this process. */
  static FloatBuffer zeroed(int length) {
    return HostMemory.plain().allocate(length);
  }
}
