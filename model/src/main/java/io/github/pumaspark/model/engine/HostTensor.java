package io.github.pumaspark.model.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.github.pumaspark.data.lang.Check;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Host memory as an array of the tensor library. */
public final class HostTensor {
  private HostTensor() {}

  /**
   * The memory of a buffer as an array [capacity] on the CPU, without a copy: what is written to
   * one is read in the other.
   *
   * @param owner of the array; of any device
   * @param memory of {@link HostMemory}; the caller keeps it reachable as long as the array is used
   * @throws IllegalArgumentException if the memory is not aligned
   */
  public static NDArray over(NDManager owner, FloatBuffer memory) {
    Shape shape = new Shape(memory.capacity());
    if (memory.capacity() == 0) {
      return owner.create(shape, DataType.FLOAT32, Device.cpu());
    }
    // The library wants a byte buffer and takes its base address; Java gives neither for a view.
    Pointer address = Native.getDirectBufferPointer(memory);
    Check.argument(
        Pointer.nativeValue(address) % HostMemory.ALIGNMENT == 0,
        "memory must be aligned to %s bytes: %s",
        HostMemory.ALIGNMENT,
        address);
    ByteBuffer bytes = address.getByteBuffer(0, (long) memory.capacity() * Float.BYTES);
    return JniUtils.createNdFromByteBuffer(
        (PtNDManager) owner, bytes, shape, DataType.FLOAT32, SparseFormat.DENSE, Device.cpu());
  }
}
