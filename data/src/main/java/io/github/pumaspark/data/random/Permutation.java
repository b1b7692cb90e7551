package io.github.pumaspark.data.random;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.random.CounterRandom.Purpose;

/**
 * A pseudo-random bijection of {@code [0, size)}, a pure function of (seed, purpose, id), without
 * tables.
 *
 * <p>Immutable and thread-safe; any position is computed by itself, so an order can be resumed
 * anywhere.
 */
public final class Permutation {
  /*
   * A balanced Feistel network over the smallest even number of bits that holds the size [1], with the
   * counter-based generator as round function. A network is a bijection whatever its round function is. Values
   * past the end are fed in again (cycle walking [2]): the walk stays on one cycle, which holds the starting
   * value below the size, so it ends; the domain is less than 4 times the size (16 at least), so it takes less
   * than 4 turns on average.
   *
   * [1] Luby, Rackoff: How to construct pseudorandom permutations from pseudorandom functions. 1988.
   * [2] Black, Rogaway: Ciphers with arbitrary finite domains. CT-RSA 2002.
   */
  private static final int ROUNDS = 8;
  private static final int SMALLEST_HALF_BITS = 2;

  private final long seed;
  private final Purpose purpose;
  private final long id;
  private final long size;
  private final int halfBits;
  private final long halfMask;

  /**
   * The permutation of one (seed, purpose, id).
   *
   * @param id which one of the purpose, for example the epoch
   * @param size number of values, in [1, 2^62]
   */
  public Permutation(long seed, Purpose purpose, long id, long size) {
    Check.argument(size >= 1 && size <= 1L << 62, "Invalid size: %s (must be in [1, 2^62])", size);
    this.seed = seed;
    this.purpose = purpose;
    this.id = id;
    this.size = size;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(size - 1);
    this.halfBits = Math.max(SMALLEST_HALF_BITS, (bits + 1) / 2);
    this.halfMask = (1L << halfBits) - 1;
  }

  /** The value at an index; both lie in {@code [0, size)}. */
  public long apply(long index) {
    Check.argument(
        index >= 0 && index < size, "Invalid index: %s (must be in [0, %s))", index, size);
    long value = index;
    do {
      value = network(value);
    } while (value >= size);
    return value;
  }

  private long network(long value) {
    long left = value >>> halfBits;
    long right = value & halfMask;
    for (int round = 0; round < ROUNDS; round++) {
      long draw = (long) round << Integer.SIZE | right;
      long mixed = left ^ (CounterRandom.bits(seed, purpose, id, draw) & halfMask);
      left = right;
      right = mixed;
    }
    return left << halfBits | right;
  }
}
