package io.github.pumaspark.data.random;

/**
 * Random bits as a pure function of (seed, purpose, id, draw): a counter-based generator without
 * state.
 *
 * <p>Thread-safe and {@code Serializable}-free by being static; the same arguments give the same
 * bits on every machine.
 */
public final class CounterRandom {
  /*
   * Each argument is folded into the state with an odd multiplier and passed through the 64-bit finalizer
   * of SplitMix64 [1], a bijection with full avalanche, so that neighbouring counters give unrelated bits.
   *
   * [1] Steele, Lea, Flood: Fast splittable pseudorandom number generators. OOPSLA 2014.
   */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private CounterRandom() {}

  /**
   * What a draw is for; two purposes never share bits. The codes never change: stored runs depend
   * on them.
   */
  public enum Purpose {
    SAMPLE_ORDER(1),
    GLOBAL_SHUFFLE(2),
    VALIDATION_SPLIT(3),
    INITIAL_WEIGHTS(4),
    INITIAL_PHASE(5),
    REVEALED_RATIO(6),
    REVEAL_ORDER(7),
    MASK_COUNT(8),
    MASK_POSITIONS(9),
    SAMPLER(10),
    LIKELIHOOD(11),
    PUZZLE(12),
    DROPOUT(13);

    private final long code;

    Purpose(long code) {
      this.code = code;
    }
  }

  /** 64 uniform bits. */
  public static long bits(long seed, Purpose purpose, long id, long draw) {
    long state = mix(seed + GOLDEN);
    state = mix(state ^ purpose.code * GOLDEN);
    state = mix(state + id * GOLDEN);
    return mix(state ^ draw * 0xD1342543DE82EF95L);
  }

  /** A uniform number in [0, 1) with 53 random bits. */
  public static double uniform(long seed, Purpose purpose, long id, long draw) {
    return (bits(seed, purpose, id, draw) >>> 11) * 0x1.0p-53;
  }

  /** A uniform integer in [0, bound), {@code bound} in [1, 2^31); bias below bound / 2^64. */
  public static int below(int bound, long seed, Purpose purpose, long id, long draw) {
    return (int) Math.multiplyHigh(bits(seed, purpose, id, draw) >>> 1, 2L * bound);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
