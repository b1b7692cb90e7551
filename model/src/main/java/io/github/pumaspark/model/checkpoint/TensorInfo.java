package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Name, element type and shape of a stored tensor; data is row-major and little-endian.
 *
 * @param name unique in its file; never {@code __metadata__}
 * @param shape sizes of the dimensions, outermost first; empty for a scalar
 */
public record TensorInfo(String name, TensorType type, List<Long> shape) {
  public TensorInfo {
    shape = List.copyOf(shape);
    Check.argument(!name.equals(SafetensorsHeader.METADATA_KEY), "Invalid tensor name: '%s'", name);
    Check.argument(byteCount(type, shape) >= 0, "Invalid shape of tensor '%s': %s", name, shape);
  }

  /** A tensor of the given dimensions. */
  public static TensorInfo of(String name, TensorType type, long... shape) {
    return new TensorInfo(name, type, LongStream.of(shape).boxed().toList());
  }

  /** Number of elements. */
  public long elements() {
    return bytes() / type.bytes();
  }

  /** Bytes of the data. */
  public long bytes() {
    return byteCount(type, shape);
  }

  /** Bytes of the data; -1 if a dimension is negative or the count is beyond a long. */
  static long byteCount(TensorType type, List<Long> shape) {
    long count = type.bytes();
    for (long size : shape) {
      if (size < 0 || Math.multiplyHigh(count, size) != 0 || count * size < 0) {
        return -1;
      }
      count *= size;
    }
    return count;
  }
}
