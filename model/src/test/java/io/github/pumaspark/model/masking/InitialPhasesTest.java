package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InitialPhasesTest {
  @ParameterizedTest
  @CsvSource({"8,32,1", "7,32,1", "7,32,5", "42,32,1", "42,8,16", "3,1,1", "5,1,20"})
  void everyPhaseHasItsShareOfThePoolAndOfEachGroup(int phases, int lanes, int groups) {
    int[] result = InitialPhases.of(1, phases, lanes, groups);

    assertThat(result).hasSize(lanes * groups);
    assertEven(result, phases);
    for (int group = 0; group < groups; group++) {
      int[] ofGroup = new int[lanes];
      for (int lane = 0; lane < lanes; lane++) {
        ofGroup[lane] = result[lane * groups + group];
      }
      assertEven(ofGroup, phases);
    }
  }

  @Test
  void everyLaneIsAsLikelyToStartInEachPhase() {
    long[][] counts = new long[6][4];
    for (int seed = 0; seed < 4000; seed++) {
      int[] phases = InitialPhases.of(seed, 4, 3, 2);
      for (int row = 0; row < 6; row++) {
        counts[row][phases[row]]++;
      }
    }

    for (int row = 0; row < 6; row++) {
      // Six numbers over four phases: 0 0 1 2 2 3.
      double[] law = {2 / 6.0, 1 / 6.0, 2 / 6.0, 1 / 6.0};
      ChiSquare.assertFollows(counts[row], law, "phases of row " + row);
    }
  }

  @Test
  void isAFunctionOfTheSeed() {
    assertThat(InitialPhases.of(5, 8, 64, 2)).isEqualTo(InitialPhases.of(5, 8, 64, 2));
    assertThat(InitialPhases.of(5, 8, 64, 2)).isNotEqualTo(InitialPhases.of(6, 8, 64, 2));
  }

  private static void assertEven(int[] phases, int phaseCount) {
    int[] counts = new int[phaseCount];
    for (int phase : phases) {
      counts[phase]++;
    }
    int most = Arrays.stream(counts).max().orElseThrow();
    int least = Arrays.stream(counts).min().orElseThrow();
    assertThat(most - least).isLessThanOrEqualTo(1);
  }
}
