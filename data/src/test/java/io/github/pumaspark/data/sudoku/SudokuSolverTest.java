package io.github.pumaspark.data.sudoku;

import static io.github.pumaspark.data.sudoku.TestGrids.grid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.pumaspark.data.sudoku.SudokuSolver.Solved;
import io.github.pumaspark.data.sudoku.SudokuSolver.Verdict;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SudokuSolverTest {
  private static final List<int[]> EVERY_FOUR = TestGrids.everyFour();

  @Test
  void thereAre288GridsOfSizeFour() {
    assertThat(EVERY_FOUR).hasSize(288);
    assertThat(new SudokuSolver(SudokuSize.FOUR).countSolutions(new int[16], 1000)).isEqualTo(288);
  }

  @Test
  void countsEqualThoseOfABruteForceSearch() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    SudokuSolver solver = new SudokuSolver(SudokuSize.FOUR);

    for (int trial = 0; trial < 3000; trial++) {
      int[] clues = randomClues(random);
      long expected = EVERY_FOUR.stream().filter(grid -> agrees(grid, clues)).count();

      assertThat(solver.countSolutions(clues, 1000))
          .as("seed %d trial %d clues %s", seed, trial, Arrays.toString(clues))
          .isEqualTo((int) expected);
      assertThat(solver.countSolutions(clues, 2)).isEqualTo((int) Math.min(2, expected));
      assertThat(solver.solve(clues).verdict())
          .isEqualTo(
              expected == 0 ? Verdict.NONE : expected == 1 ? Verdict.UNIQUE : Verdict.SEVERAL);
    }
  }

  @Test
  void solvabilityWithoutADigitEqualsThatOfABruteForceSearch() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    SudokuSolver solver = new SudokuSolver(SudokuSize.FOUR);

    for (int trial = 0; trial < 2000; trial++) {
      int[] clues = EVERY_FOUR.get(random.nextInt(288)).clone();
      for (int k = 0; k < 10; k++) {
        clues[random.nextInt(16)] = 0;
      }
      int cell = random.nextInt(16);
      clues[cell] = 0;
      int digit = 1 + random.nextInt(4);
      boolean expected =
          EVERY_FOUR.stream().anyMatch(grid -> grid[cell] != digit && agrees(grid, clues));

      assertThat(solver.isSolvableWithout(clues, cell, digit))
          .as("seed %d trial %d", seed, trial)
          .isEqualTo(expected);
    }
  }

  @Test
  void solvesKnownPuzzlesOfSizeNine() {
    SudokuSolver solver = new SudokuSolver(SudokuSize.NINE);

    assertThat(solver.solve(grid(TestGrids.EASY_NINE)).solution())
        .containsExactly(grid(TestGrids.EASY_NINE_SOLUTION));
    assertThat(solver.solve(grid(TestGrids.HARD_NINE)).solution())
        .containsExactly(grid(TestGrids.HARD_NINE_SOLUTION));
  }

  @Test
  void anEmptyBoardHasSeveralSolutions() {
    for (SudokuSize size : SudokuSize.values()) {
      Solved solved = new SudokuSolver(size).solve(new int[size.cells()]);

      assertThat(solved.verdict()).isEqualTo(Verdict.SEVERAL);
      assertThat(solved.solution()).isNull();
    }
  }

  /** One step per blank is the least: 51 and 64 here, both solved by singles. */
  @Test
  void anExhaustedSearchIsUndecidedAndDoesNotSpoilTheNext() {
    SudokuSolver solver = new SudokuSolver(SudokuSize.NINE, 60);

    assertThat(solver.solve(grid(TestGrids.HARD_NINE)).verdict()).isEqualTo(Verdict.UNDECIDED);
    assertThat(solver.solve(grid(TestGrids.EASY_NINE)).solution())
        .containsExactly(grid(TestGrids.EASY_NINE_SOLUTION));
    assertThat(solver.countSolutions(grid(TestGrids.HARD_NINE), 2)).isEqualTo(1);
  }

  @Test
  void cluesAreLeftAsTheyWere() {
    int[] clues = grid(TestGrids.EASY_NINE);

    new SudokuSolver(SudokuSize.NINE).solve(clues);

    assertThat(clues).containsExactly(grid(TestGrids.EASY_NINE));
  }

  @Test
  void aWrongLengthOrDigitIsNamed() {
    SudokuSolver solver = new SudokuSolver(SudokuSize.FOUR);
    int[] five = new int[16];
    five[3] = 5;

    assertThatIllegalArgumentException()
        .isThrownBy(() -> solver.solve(new int[15]))
        .withMessage("Invalid grid: 15 cells (must be 16)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> solver.solve(five))
        .withMessage("Invalid digit: 5 (must be in [0, 4])");
  }

  /** Half from a grid, so that solvable ones are frequent; half free. */
  private static int[] randomClues(Random random) {
    int[] source = EVERY_FOUR.get(random.nextInt(288));
    boolean free = random.nextBoolean();
    int blanks = random.nextInt(17);
    int[] clues = new int[16];
    for (int cell = 0; cell < 16; cell++) {
      if (random.nextInt(16) >= blanks) {
        clues[cell] = free && random.nextInt(4) == 0 ? 1 + random.nextInt(4) : source[cell];
      }
    }
    return clues;
  }

  private static boolean agrees(int[] grid, int[] clues) {
    for (int cell = 0; cell < 16; cell++) {
      if (clues[cell] != 0 && clues[cell] != grid[cell]) {
        return false;
      }
    }
    return true;
  }
}
