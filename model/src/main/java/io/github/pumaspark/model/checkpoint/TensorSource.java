package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * A tensor to be written: its description, and its data on request. Nothing is copied up front, so
 * the arrays and buffers behind it must not change until it is written.
 */
public interface TensorSource {
  /** What will be written. */
  TensorInfo info();

  /** Writes exactly {@code info().bytes()} bytes, little-endian. */
  void writeTo(OutputStream out) throws IOException;

  /** Any element type: the little-endian bytes from position to limit, as they are. */
  static TensorSource of(TensorInfo info, ByteBuffer data) {
    ByteBuffer bytes = data.slice();
    int size = info.type().bytes();
    Check.argument(
        bytes.limit() == info.bytes(),
        "Invalid data of tensor '%s': %s bytes (shape %s needs %s)",
        info.name(),
        bytes.limit(),
        info.shape(),
        info.bytes());
    return new ChunkedSource(
        info,
        bytes.limit() / size,
        (first, count, chunk) -> chunk.put(bytes.slice(first * size, count * size)));
  }

  /** F32 elements from position to limit. */
  static TensorSource of(String name, FloatBuffer data, long... shape) {
    FloatBuffer values = data.slice();
    return new ChunkedSource(
        TensorInfo.of(name, TensorType.F32, shape),
        values.limit(),
        (first, count, chunk) -> chunk.asFloatBuffer().put(values.slice(first, count)));
  }

  /** I64 elements. */
  static TensorSource of(String name, long[] data, long... shape) {
    LongBuffer values = LongBuffer.wrap(data);
    return new ChunkedSource(
        TensorInfo.of(name, TensorType.I64, shape),
        data.length,
        (first, count, chunk) -> chunk.asLongBuffer().put(values.slice(first, count)));
  }

  /** I32 elements. */
  static TensorSource of(String name, int[] data, long... shape) {
    IntBuffer values = IntBuffer.wrap(data);
    return new ChunkedSource(
        TensorInfo.of(name, TensorType.I32, shape),
        data.length,
        (first, count, chunk) -> chunk.asIntBuffer().put(values.slice(first, count)));
  }

  /** U8 elements. */
  static TensorSource of(String name, byte[] data, long... shape) {
    return of(TensorInfo.of(name, TensorType.U8, shape), ByteBuffer.wrap(data));
  }
}
