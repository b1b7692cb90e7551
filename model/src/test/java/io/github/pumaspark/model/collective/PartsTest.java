package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PartsTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 64})
  void partsCoverTheBufferOnceWithAlignedInnerBoundaries(int worldSize) {
    for (int length : new int[] {0, 1, 15, 16, 17, 1000, 6_830_000, Integer.MAX_VALUE}) {
      Parts parts = new Parts(0, length, worldSize);
      assertThat(parts.start(0)).isZero();
      assertThat(parts.end(worldSize - 1)).isEqualTo(length);
      for (int rank = 0; rank < worldSize; rank++) {
        assertThat(parts.size(rank)).isNotNegative();
        assertThat(parts.start(rank)).matches(s -> s % 16 == 0 || s == length);
      }
    }
  }
}
