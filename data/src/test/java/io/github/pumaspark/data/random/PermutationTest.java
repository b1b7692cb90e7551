package io.github.pumaspark.data.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PermutationTest {
  @Test
  void everySmallSizeIsABijection() {
    for (int size = 1; size <= 300; size++) {
      assertThat(values(new Permutation(7, Purpose.SAMPLE_ORDER, 0, size), size))
          .as("size %s", size)
          .containsExactlyInAnyOrder(LongStream.range(0, size).toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1L << 16, (1L << 16) + 1, 100_003})
  void largerSizesAreBijections(long size) {
    Permutation permutation = new Permutation(1, Purpose.SAMPLE_ORDER, 3, size);

    assertThat(values(permutation, size)).doesNotHaveDuplicates().hasSize((int) size);
    assertThat(LongStream.of(values(permutation, size)).max()).hasValue(size - 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {(1L << 40) + 12345, (1L << 61) + 1, 1L << 62})
  void hugeSizesStayInRangeWithoutCollisions(long size) {
    Permutation permutation = new Permutation(5, Purpose.SAMPLE_ORDER, 1, size);
    Set<Long> seen = new HashSet<>();

    for (long i = 0; i < 10_000; i++) {
      long value = permutation.apply(size - 1 - i);
      assertThat(value).isBetween(0L, size - 1);
      assertThat(seen.add(value)).isTrue();
    }
  }

  @Test
  void orderIsAPureFunctionOfSeedPurposeAndId() {
    long[] order = values(new Permutation(1, Purpose.SAMPLE_ORDER, 2, 50), 50);

    assertThat(values(new Permutation(1, Purpose.SAMPLE_ORDER, 2, 50), 50)).isEqualTo(order);
    assertThat(values(new Permutation(2, Purpose.SAMPLE_ORDER, 2, 50), 50)).isNotEqualTo(order);
    assertThat(values(new Permutation(1, Purpose.SAMPLE_ORDER, 3, 50), 50)).isNotEqualTo(order);
    assertThat(values(new Permutation(1, Purpose.GLOBAL_SHUFFLE, 2, 50), 50)).isNotEqualTo(order);
  }

  // Stored runs resume by computing the order again: it must never change.
  @Test
  void orderOfOneSeedIsPinned() {
    assertThat(values(new Permutation(42, Purpose.SAMPLE_ORDER, 0, 12), 12))
        .containsExactly(2, 7, 0, 8, 9, 4, 3, 11, 10, 1, 5, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 7, 10, 100})
  void everyValueIsEquallyLikelyAtEveryIndex(int size) {
    int epochs = 4_000;
    long[][] counts = new long[size][size];
    for (int epoch = 0; epoch < epochs; epoch++) {
      Permutation permutation = new Permutation(11, Purpose.SAMPLE_ORDER, epoch, size);
      for (int i = 0; i < size; i++) {
        counts[i][(int) permutation.apply(i)]++;
      }
    }

    double expected = (double) epochs / size;
    double chiSquare = 0;
    for (long[] row : counts) {
      for (long count : row) {
        chiSquare += (count - expected) * (count - expected) / expected;
      }
    }
    // Mean and variance of the statistic for uniform permutations; 6 standard deviations.
    double mean = (double) (size - 1) * (size - 1) * size / (size - 1.0);
    double deviation = Math.sqrt(2.0 * size * size);
    assertThat(chiSquare).isLessThan(mean + 6 * deviation);
  }

  @Test
  void indexesOutsideAreRefused() {
    Permutation permutation = new Permutation(1, Purpose.SAMPLE_ORDER, 0, 10);

    assertThatThrownBy(() -> permutation.apply(10))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid index: 10 (must be in [0, 10))");
    assertThatThrownBy(() -> new Permutation(1, Purpose.SAMPLE_ORDER, 0, 0))
        .hasMessageContaining("Invalid size: 0");
  }

  private static long[] values(Permutation permutation, long size) {
    return LongStream.range(0, size).map(permutation::apply).toArray();
  }
}
