package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Room for the elements of a buffer that are worked on at a time: a block as large as a call to the
 * network should be, in pieces that stay in the cache. Not thread-safe.
 */
final class Chunk {
  /** Most elements of a block. */
  static final int BLOCK_FLOATS = 1 << 16;

  /** Elements of a piece, to which a block is cut. */
  static final int PIECE_FLOATS = 1 << 11;

  private final boolean bf16;
  private final float[] sums = new float[BLOCK_FLOATS];
  private final float[] addends = new float[PIECE_FLOATS];
  private final int[] bits = new int[PIECE_FLOATS + 1];
  private final int[] packed = new int[PIECE_FLOATS / 2];
  private final ByteBuffer scratch = direct(BLOCK_FLOATS);
  private final FloatBuffer scratchFloats = scratch.asFloatBuffer();
  private final IntBuffer scratchInts = scratch.asIntBuffer();
  private final ByteBuffer piece = direct(PIECE_FLOATS);
  private final FloatBuffer pieceFloats = piece.asFloatBuffer();
  private final IntBuffer pieceInts = piece.asIntBuffer();

  /**
   * @param bf16 whether addends are rounded to bfloat16, and travel so
   */
  Chunk(boolean bf16) {
    this.bf16 = bf16;
  }

  private static ByteBuffer direct(int floats) {
    return ByteBuffer.allocateDirect(floats * Float.BYTES).order(ByteOrder.nativeOrder());
  }

  /** Bytes in which {@code n} addends travel. */
  static long wireBytes(int n, boolean bf16) {
    int whole = n / PIECE_FLOATS;
    return bf16
        ? (whole * (PIECE_FLOATS / 2L) + Bf16.packedInts(n % PIECE_FLOATS)) * Integer.BYTES
        : n * (long) Float.BYTES;
  }

  /** Makes [start, start + n) of some memory the sum, or adds it to the sum. */
  void add(FloatBuffer memory, int start, int n, boolean first) {
    for (int i = 0; i < n; i += PIECE_FLOATS) {
      int m = Math.min(PIECE_FLOATS, n - i);
      if (bf16) {
        pieceFloats.put(0, memory, start + i, m);
        pieceInts.get(0, bits, 0, m);
        Bf16.round(bits, m);
        pieceInts.put(0, bits, 0, m);
        add(pieceFloats, 0, i, m, first);
      } else {
        add(memory, start + i, i, m, first);
      }
    }
  }

  /** As the other, with the next elements from a peer. */
  void add(Link from, int n, boolean first) throws IOException {
    from.readFully(scratch.slice(0, (int) wireBytes(n, bf16)));
    for (int i = 0; i < n; i += PIECE_FLOATS) {
      int m = Math.min(PIECE_FLOATS, n - i);
      if (bf16) {
        scratchInts.get(i / 2, packed, 0, Bf16.packedInts(m));
        Bf16.unpack(packed, m, bits);
        pieceInts.put(0, bits, 0, m);
        add(pieceFloats, 0, i, m, first);
      } else {
        add(scratchFloats, i, i, m, first);
      }
    }
  }

  /** Stores the sum. */
  void store(FloatBuffer memory, int start, int n) {
    memory.put(start, sums, 0, n);
  }

  /** Sends addends. */
  void sendAddends(FloatBuffer memory, int start, int n, Link to) throws IOException {
    if (!bf16) {
      send(memory, start, n, to);
      return;
    }
    for (int i = 0; i < n; i += PIECE_FLOATS) {
      int m = Math.min(PIECE_FLOATS, n - i);
      pieceFloats.put(0, memory, start + i, m);
      pieceInts.get(0, bits, 0, m);
      Bf16.round(bits, m);
      bits[m] = 0;
      Bf16.pack(bits, m, packed);
      scratchInts.put(i / 2, packed, 0, Bf16.packedInts(m));
    }
    to.write(scratch.slice(0, (int) wireBytes(n, true)));
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

  private void add(FloatBuffer source, int start, int sum, int n, boolean first) {
    if (first) {
      source.get(start, sums, sum, n);
    } else {
      source.get(start, addends, 0, n);
      addTo(sums, sum, addends, n);
    }
  }

  private static void addTo(float[] sums, int start, float[] addends, int n) {
    for (int i = 0; i < n; i++) {
      sums[start + i] += addends[i];
    }
  }
}
