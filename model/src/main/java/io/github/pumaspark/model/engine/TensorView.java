package io.github.pumaspark.model.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import java.nio.FloatBuffer;

/**
 * A tensor on memory of {@link HostMemory}: sees what lies there through the tensor library's eyes.
 *
 * <p>Not thread-safe; call it from a thread prepared by {@link TorchThread}.
 */
public final class TensorView implements AutoCloseable {
  private static final long CHUNK = 1 << 22;

  private final FloatBuffer memory;
  private final NDManager owner;
  private final NDArray tensor;

  /** A view of memory that the caller keeps. */
  public TensorView(FloatBuffer memory) {
    this.memory = memory;
    this.owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    this.owner.setName("tensor view");
    this.tensor = HostTensor.over(owner, memory);
  }

  /** Sum of all elements, added in float64. */
  public double sum() {
    double sum = 0;
    for (long start = 0; start < memory.capacity(); start += CHUNK) {
      long end = Math.min(memory.capacity(), start + CHUNK);
      try (NDArray part = tensor.get(new NDIndex(start + ":" + end));
          NDArray wide = part.toType(DataType.FLOAT64, false);
          NDArray total = wide.sum()) {
        sum += total.getDouble();
      }
    }
    return sum;
  }

  @Override
  public void close() {
    owner.close();
  }
}
