package io.github.pumaspark.data.random;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CounterRandomTest {
  @Test
  void theBitsNeverChangeSinceStoredRunsDependOnThem() {
    assertThat(CounterRandom.bits(1, Purpose.SAMPLE_ORDER, 2, 3)).isEqualTo(reference(1, 1, 2, 3));
    assertThat(CounterRandom.bits(-7, Purpose.PUZZLE, Long.MIN_VALUE, Long.MAX_VALUE))
        .isEqualTo(reference(-7, 12, Long.MIN_VALUE, Long.MAX_VALUE));
  }

  @Test
  void everyArgumentMatters() {
    Set<Long> seen = new HashSet<>();
    for (long seed = 0; seed < 4; seed++) {
      for (Purpose purpose : Purpose.values()) {
        for (long id = -8; id < 8; id++) {
          for (long draw = 0; draw < 16; draw++) {
            seen.add(CounterRandom.bits(seed, purpose, id, draw));
          }
        }
      }
    }

    assertThat(seen).hasSize(4 * Purpose.values().length * 16 * 16);
  }

  @Test
  void smallIntegersAreUniform() {
    int cells = 7;
    int draws = 70_000;
    int[] counts = new int[cells];
    for (int draw = 0; draw < draws; draw++) {
      counts[CounterRandom.below(cells, 5, Purpose.SAMPLER, 1, draw)]++;
    }
    double chiSquare = 0;
    for (int count : counts) {
      double expected = draws / (double) cells;
      chiSquare += (count - expected) * (count - expected) / expected;
    }

    // 0.999 quantile with 6 degrees of freedom; the draws are fixed
    assertThat(chiSquare).isLessThan(22.46);
  }

  @Test
  void neighbouringCountersAreUncorrelated() {
    double sum = 0;
    int n = 50_000;
    for (int i = 0; i < n; i++) {
      double a = CounterRandom.uniform(3, Purpose.SAMPLER, i, 0) - 0.5;
      double b = CounterRandom.uniform(3, Purpose.SAMPLER, i + 1L, 0) - 0.5;
      double c = CounterRandom.uniform(3, Purpose.SAMPLER, i, 1) - 0.5;
      sum += 12 * a * b + 12 * a * c;
    }

    // two means of n products of variance 1
    assertThat(Math.abs(sum / n)).isLessThan(4 * Math.sqrt(2.0 / n));
  }

  @Test
  void uniformNumbersStayBelowOne() {
    for (int i = 0; i < 10_000; i++) {
      assertThat(CounterRandom.uniform(9, Purpose.MASK_COUNT, i, i)).isBetween(0.0, 1 - 1e-17);
    }
  }

  /** The definition once more, with the rounds of SplitMix64 written out. */
  private static long reference(long seed, long code, long id, long draw) {
    long golden = 0x9E3779B97F4A7C15L;
    long state = finalizer(seed + golden);
    state = finalizer(state ^ (code * golden));
    state = finalizer(state + id * golden);
    return finalizer(state ^ (draw * 0xD1342543DE82EF95L));
  }

  private static long finalizer(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
