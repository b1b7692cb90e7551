package io.github.pumaspark.data.sudoku;

import static io.github.pumaspark.data.sudoku.TestGrids.grid;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SudokuRulesTest {
  private static final SudokuSize NINE = SudokuSize.NINE;
  private static final int[] CLUES = grid(TestGrids.EASY_NINE);
  private static final int[] SOLUTION = grid(TestGrids.EASY_NINE_SOLUTION);
  private static final int[] ANOTHER_GRID = grid(TestGrids.HARD_NINE_SOLUTION);

  @Test
  void exactlyThe288GridsOfSizeFourAreValid() {
    List<String> valid = new ArrayList<>();
    int[] rows = new int[4];
    for (rows[0] = 0; rows[0] < 256; rows[0]++) {
      for (rows[1] = 0; rows[1] < 256; rows[1]++) {
        if (!SudokuRules.isConsistent(SudokuSize.FOUR, stack(rows[0], rows[1], -1, -1))) {
          continue;
        }
        for (rows[2] = 0; rows[2] < 256; rows[2]++) {
          for (rows[3] = 0; rows[3] < 256; rows[3]++) {
            int[] grid = stack(rows[0], rows[1], rows[2], rows[3]);
            if (SudokuRules.isValidGrid(SudokuSize.FOUR, grid)) {
              valid.add(Arrays.toString(grid));
            }
          }
        }
      }
    }

    assertThat(valid)
        .containsExactlyInAnyOrderElementsOf(
            TestGrids.everyFour().stream().map(Arrays::toString).toList());
  }

  @Test
  void strictAndLenientAcceptTheSolution() {
    assertThat(SudokuRules.isSolution(NINE, SOLUTION, CLUES)).isTrue();
    assertThat(SudokuRules.isLenientSolution(NINE, SOLUTION, CLUES)).isTrue();
  }

  @Test
  void onlyTheLenientCheckAcceptsTheGridOfAnotherPuzzle() {
    assertThat(SudokuRules.isSolution(NINE, ANOTHER_GRID, CLUES)).isFalse();
    assertThat(SudokuRules.isLenientSolution(NINE, ANOTHER_GRID, CLUES)).isTrue();
  }

  @Test
  void withoutABlankTheLenientCheckWantsOneMatchingClue() {
    int[] noneMatches = Arrays.stream(SOLUTION).map(digit -> digit % 9 + 1).toArray();

    assertThat(SudokuRules.isLenientSolution(NINE, SOLUTION, noneMatches)).isFalse();
    noneMatches[40] = SOLUTION[40];
    assertThat(SudokuRules.isLenientSolution(NINE, SOLUTION, noneMatches)).isTrue();
  }

  @Test
  void oneBrokenClueFailsTheStrictCheck() {
    int[] clues = CLUES.clone();
    clues[80] = 1;

    assertThat(SudokuRules.isSolution(NINE, SOLUTION, clues)).isFalse();
  }

  @Test
  void bothChecksRejectGridsThatAreNotFullOrBreakARule() {
    for (int cell = 0; cell < 81; cell++) {
      for (int digit = -1; digit <= 10; digit++) {
        if (digit != SOLUTION[cell]) {
          int[] changed = SOLUTION.clone();
          changed[cell] = digit;

          assertThat(SudokuRules.isSolution(NINE, changed, new int[81])).isFalse();
          assertThat(SudokuRules.isLenientSolution(NINE, changed, new int[81])).isFalse();
        }
      }
    }
    assertThat(SudokuRules.isSolution(NINE, new int[80], new int[81])).isFalse();
    assertThat(SudokuRules.isLenientSolution(NINE, SOLUTION, new int[80])).isFalse();
  }

  @Test
  void boxesOfSizeSixHaveTwoRowsAndThreeColumns() {
    int[] latin = new int[36];
    for (int cell = 0; cell < 36; cell++) {
      latin[cell] = (cell / 6 + cell % 6) % 6 + 1;
    }
    int[] boxed = grid("123456456123231564564231312645645312");

    assertThat(SudokuRules.isValidGrid(SudokuSize.SIX, latin)).isFalse();
    assertThat(SudokuRules.isValidGrid(SudokuSize.SIX, boxed)).isTrue();
  }

  private static int[] stack(int... rows) {
    int[] grid = new int[16];
    for (int row = 0; row < 4; row++) {
      for (int column = 0, code = rows[row]; rows[row] >= 0 && column < 4; column++, code /= 4) {
        grid[4 * row + column] = code % 4 + 1;
      }
    }
    return grid;
  }
}
