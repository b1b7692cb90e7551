package io.github.pumaspark.data.sudoku;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SudokuGeneratorTest {
  @ParameterizedTest
  @CsvSource({"FOUR,4,10,2000", "SIX,14,20,2000", "SIX,8,35,100", "NINE,28,40,200", "NINE,22,24,8"})
  void puzzlesHaveOneSolutionAndTheirGivensInRange(SudokuSize size, int fewest, int most, int n) {
    SudokuGenerator generator = new SudokuGenerator(size, fewest, most, 17);
    SudokuSolver solver = new SudokuSolver(size);

    for (int index = 0; index < n; index++) {
      Puzzle puzzle = generator.puzzle(index);

      assertThat(puzzle.givens()).isBetween(fewest, most);
      assertThat(SudokuRules.isSolution(size, puzzle.solution(), puzzle.clues())).isTrue();
      assertThat(solver.countSolutions(puzzle.clues(), 2)).isEqualTo(1);
    }
  }

  /** Stored data sets are named by seed: a change of these bytes breaks them. */
  @ParameterizedTest
  @CsvSource({
    "FOUR,5,8,3104400010300300",
    "SIX,14,20,010003304000501400063025146300030014",
    "NINE,28,40,000000475950400008700851003190602000204019006600040092000000064407105039080900050",
  })
  void aPuzzleIsPinnedBySeedAndIndex(SudokuSize size, int fewest, int most, String expected) {
    assertThat(new SudokuGenerator(size, fewest, most, 1).puzzle(12).cluesText())
        .isEqualTo(expected);
  }

  @Test
  void aPuzzleDependsOnNeitherThreadsNorOtherPuzzles() {
    SudokuGenerator generator = new SudokuGenerator(SudokuSize.SIX, 14, 20, 5);
    List<Puzzle> together = new ArrayList<>();

    generator.generate(100, 3000, together::add);
    List<Puzzle> onOneThread = new ArrayList<>();
    ForkJoinPool alone = new ForkJoinPool(1);
    try {
      alone.submit(() -> generator.generate(100, 3000, onOneThread::add)).join();
    } finally {
      alone.shutdown();
    }

    assertThat(together).hasSize(3000).isEqualTo(onOneThread);
    for (int index : new int[] {3099, 100, 1123, 1124}) {
      assertThat(new SudokuGenerator(SudokuSize.SIX, 14, 20, 5).puzzle(index))
          .isEqualTo(together.get(index - 100));
    }
  }

  @Test
  void seedsAndIndicesGiveDifferentPuzzles() {
    SudokuGenerator one = new SudokuGenerator(SudokuSize.SIX, 14, 20, 1);
    SudokuGenerator two = new SudokuGenerator(SudokuSize.SIX, 14, 20, 2);
    Map<Puzzle, Integer> seen = new HashMap<>();
    for (int index = 0; index < 500; index++) {
      seen.merge(one.puzzle(index), 1, Integer::sum);
      seen.merge(two.puzzle(index), 1, Integer::sum);
    }

    assertThat(seen).hasSize(1000);
  }

  /** Bounds are 5 standard deviations of a binomial count; the draws are fixed by the seed. */
  @Test
  void theNumberOfGivensIsUniform() {
    SudokuGenerator generator = new SudokuGenerator(SudokuSize.SIX, 14, 20, 3);
    int[] counts = new int[36];
    generator.generate(0, 7000, puzzle -> counts[puzzle.givens()]++);

    for (int givens = 14; givens <= 20; givens++) {
      assertThat(counts[givens]).isBetween(1000 - 147, 1000 + 147);
    }
  }

  /** Chi-square with 287 degrees of freedom: mean 287, standard deviation 24; bound at 5. */
  @Test
  void gridsOfSizeFourAreUniform() {
    Map<String, Integer> counts = new HashMap<>();
    SudokuGenerator generator = new SudokuGenerator(SudokuSize.FOUR, 10, 15, 8);
    int n = 288 * 100;
    generator.generate(0, n, puzzle -> counts.merge(puzzle.solutionText(), 1, Integer::sum));

    double chiSquare =
        counts.values().stream().mapToDouble(c -> (c - 100.0) * (c - 100.0) / 100).sum();
    assertThat(counts).hasSize(288);
    assertThat(chiSquare).isBetween(287 - 5 * 24.0, 287 + 5 * 24.0);
  }

  /** The known number of 6x6 grids is 28,200,960 = 720 first rows x 39,168. */
  @Test
  void theListedGridsOfSizeSixAreAllThereAre() {
    byte[] listed = FullGrids.list(SudokuSize.SIX);
    List<String> grids = new ArrayList<>();
    for (int offset = 0; offset < listed.length; offset += 36) {
      int[] grid = new int[36];
      for (int cell = 0; cell < 36; cell++) {
        grid[cell] = listed[offset + cell];
      }
      assertThat(SudokuRules.isValidGrid(SudokuSize.SIX, grid)).isTrue();
      grids.add(Arrays.toString(grid));
    }

    assertThat(grids).hasSize(28_200_960 / 720).doesNotHaveDuplicates();
  }

  /** A digit's share of each cell is 1/n in law; bound at 5 standard deviations. */
  @ParameterizedTest
  @EnumSource(SudokuSize.class)
  void noCellFavoursADigit(SudokuSize size) {
    SudokuGenerator generator = new SudokuGenerator(size, size.cells() - 1, size.cells() - 1, 4);
    int n = 400 * size.side();
    int[][] counts = new int[size.cells()][size.side() + 1];
    generator.generate(
        0,
        n,
        puzzle -> {
          for (int cell = 0; cell < size.cells(); cell++) {
            counts[cell][puzzle.solution()[cell]]++;
          }
        });

    for (int[] ofCell : counts) {
      for (int digit = 1; digit <= size.side(); digit++) {
        assertThat(ofCell[digit]).isBetween(300, 500);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"SIX,7,20", "SIX,20,14", "SIX,14,36", "NINE,21,40", "FOUR,3,5"})
  void aRangeThatCannotBeMadeIsTheUsersMistake(SudokuSize size, int fewest, int most) {
    assertThatThrownBy(() -> new SudokuGenerator(size, fewest, most, 1))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid givens: " + fewest + "-" + most + " (for size ");
  }
}
