package io.github.pumaspark.model.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class PaddedPositionsTest {
  @Test
  void aRoundNumberOfDifferentPositionsBeginsWithThoseGiven() {
    // 80 / 16 = 5, so multiples of 4
    int[] padded = PaddedPositions.of(new int[] {0, 2, 3, 7, 79}, 80);

    assertThat(padded).containsExactly(0, 2, 3, 7, 79, 1, 4, 5);
  }

  @Test
  void atMostAllPositionsAreTaken() {
    for (int n = 1; n <= 37; n++) {
      int[] positions = new int[n];
      Arrays.setAll(positions, i -> i + 37 - positions.length);
      int[] padded = PaddedPositions.of(positions, 37);

      assertThat(padded).startsWith(positions).doesNotHaveDuplicates();
      assertThat(padded.length).isBetween(n, 37);
      assertThat(Arrays.stream(padded)).allMatch(position -> 0 <= position && position < 37);
      assertThat(padded.length % 2 == 0 || padded.length == 37).isTrue();
    }
  }

  @Test
  void positionsOutOfOrderOrRangeAreRefused() {
    assertThatThrownBy(() -> PaddedPositions.of(new int[] {3, 3}, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid position: 3 after 3 (positions must ascend, below 8)");
    assertThatThrownBy(() -> PaddedPositions.of(new int[] {8}, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Invalid position: 8 after -1");
  }
}
