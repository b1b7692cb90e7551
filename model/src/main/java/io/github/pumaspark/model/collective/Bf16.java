package io.github.pumaspark.model.collective;

/**
 * Rounding of float32 to bfloat16 on integer bits, without branches so that the loops become vector
 * code: to nearest, ties to even; infinities stay, NaN stays NaN. On the wire two elements share an
 * int, the first half of a chunk in the low halves.
 */
final class Bf16 {
  private static final int HIGH_HALF = 0xffff0000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int QUIET = 0x00400000;

  private Bf16() {}

  /** Ints that carry {@code n} elements. */
  static int packedInts(int n) {
    return (n + 1) / 2;
  }

  /** Rounds the first {@code n} values in place; the low halves are then zero. */
  static void round(int[] bits, int n) {
    for (int i = 0; i < n; i++) {
      bits[i] = round(bits[i]);
    }
  }

  /** Rounds one value. */
  static float round(float value) {
    return Float.intBitsToFloat(round(Float.floatToRawIntBits(value)));
  }

  private static int round(int x) {
    int nan = (INFINITY - (x & MAGNITUDE)) >> 31;
    int rounded = x + 0x7fff + ((x >>> 16) & 1);
    return ((rounded & ~nan) | ((x | QUIET) & nan)) & HIGH_HALF;
  }

  /** Packs {@code n} rounded values; element {@code n} must be zero if {@code n} is odd. */
  static void pack(int[] bits, int n, int[] packed) {
    int half = packedInts(n);
    for (int i = 0; i < half; i++) {
      packed[i] = (bits[i] >>> 16) | bits[i + half];
    }
  }

  /** The inverse of {@link #pack}. */
  static void unpack(int[] packed, int n, int[] bits) {
    int half = packedInts(n);
    for (int i = 0; i < half; i++) {
      bits[i] = packed[i] << 16;
      bits[i + half] = packed[i] & HIGH_HALF;
    }
  }
}
