package io.github.pumaspark.data.sudoku;

import static io.github.pumaspark.data.sudoku.TestGrids.grid;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NakedSinglesTest {
  @Test
  void solvesAPuzzleThatNeedsNoMore() {
    assertThat(NakedSingles.solves(SudokuSize.NINE, grid(TestGrids.EASY_NINE))).isTrue();
  }

  @Test
  void getsStuckOnAHarderPuzzleWithOneSolution() {
    assertThat(NakedSingles.solves(SudokuSize.NINE, grid(TestGrids.HARD_NINE))).isFalse();
  }

  /** Every blank of this puzzle has two candidates or more; hidden singles open it. */
  @Test
  void doesNotUseHiddenSingles() {
    int[] clues = grid("001603" + "030000" + "005001" + "004000" + "400002" + "000010");

    assertThat(new SudokuSolver(SudokuSize.SIX).countSolutions(clues, 2)).isEqualTo(1);
    assertThat(NakedSingles.solves(SudokuSize.SIX, clues)).isFalse();
  }

  @Test
  void isFalseForContradictionsAndTrueForAFullGrid() {
    assertThat(NakedSingles.solves(SudokuSize.FOUR, grid("1100000000000000"))).isFalse();
    assertThat(NakedSingles.solves(SudokuSize.FOUR, grid("1234341221434321"))).isTrue();
    assertThat(NakedSingles.solves(SudokuSize.FOUR, grid("1234341221434320"))).isTrue();
    assertThat(NakedSingles.solves(SudokuSize.FOUR, grid("1204000003000000"))).isFalse();
  }
}
