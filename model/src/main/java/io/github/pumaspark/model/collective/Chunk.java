package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Room for the elements of a buffer that are worked on at a time, few enough to stay in the cache.
 * Not thread-safe.
 */
final class Chunk {
  /** Most elements. */
  static final int FLOATS = 1 << 13;

  private final boolean bf16;
  private final float[] sums = new float[FLOATS];
  private final float[] addends = new float[FLOATS];
  private final int[] bits = new int[FLOATS + 1];
  private final int[] packed = new int[FLOATS / 2];
  private final ByteBuffer scratch =
      ByteBuffer.allocateDirect(FLOATS * Float.BYTES).order(ByteOrder.nativeOrder());
  private final FloatBuffer scratchFloats = scratch.asFloatBuffer();
  private final IntBuffer scratchInts = scratch.asIntBuffer();

  /**
   * @param bf16 whether addends are rounded to bfloat16, and travel so
   */
  Chunk(boolean bf16) {
    this.bf16 = bf16;
  }

  /** Bytes in which {@code n} addends of a stripe travel. */
  static long wireBytes(int n, boolean bf16) {
    int last = n % FLOATS;
    return bf16
        ? (n / FLOATS * (FLOATS / 2L) + Bf16.packedInts(last)) * Integer.BYTES
        : n * (long) Float.BYTES;
  }

  /** Makes [start, start + n) of some memory the sum, or adds it to the sum. */
  void add(FloatBuffer memory, int start, int n, boolean first) {
    float[] target = first ? sums : addends;
    if (bf16) {
      scratchFloats.put(0, memory, start, n);
      scratchInts.get(0, bits, 0, n);
      Bf16.round(bits, n);
      scratchInts.put(0, bits, 0, n);
      scratchFloats.get(0, target, 0, n);
    } else {
      memory.get(start, target, 0, n);
    }
    if (!first) {
      addTo(sums, addends, n);
    }
  }

  /** As the other, with the next elements from a peer. */
  void add(Link from, int n, boolean first) throws IOException {
    float[] target = first ? sums : addends;
    if (bf16) {
      int ints = Bf16.packedInts(n);
      from.readFully(scratch.slice(0, ints * Integer.BYTES));
      scratchInts.get(0, packed, 0, ints);
      Bf16.unpack(packed, n, bits);
      scratchInts.put(0, bits, 0, n);
    } else {
      from.readFully(scratch.slice(0, n * Float.BYTES));
    }
    scratchFloats.get(0, target, 0, n);
    if (!first) {
      addTo(sums, addends, n);
    }
  }

  /** Stores the sum. */
  void store(FloatBuffer memory, int start, int n) {
    memory.put(start, sums, 0, n);
  }

  /** Sends addends. */
  void sendAddends(FloatBuffer memory, int start, int n, Link to) throws IOException {
    scratchFloats.put(0, memory, start, n);
    if (bf16) {
      int ints = Bf16.packedInts(n);
      scratchInts.get(0, bits, 0, n);
      Bf16.round(bits, n);
      bits[n] = 0;
      Bf16.pack(bits, n, packed);
      scratchInts.put(0, packed, 0, ints);
      to.write(scratch.slice(0, ints * Integer.BYTES));
    } else {
      to.write(scratch.slice(0, n * Float.BYTES));
    }
  }

  /** Sends values as they are. */
  void send(FloatBuffer memory, int start, int n, Link to) throws IOException {
    scratchFloats.put(0, memory, start, n);
    to.write(scratch.slice(0, n * Float.BYTES));
  }

  /** Receives values as they are. */
  void receive(Link from, FloatBuffer memory, int start, int n) throws IOException {
    from.readFully(scratch.slice(0, n * Float.BYTES));
    memory.put(start, scratchFloats, 0, n);
  }

  private static void addTo(float[] sums, float[] addends, int n) {
    for (int i = 0; i < n; i++) {
      sums[i] += addends[i];
    }
  }
}
