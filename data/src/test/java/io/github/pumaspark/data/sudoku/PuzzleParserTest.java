package io.github.pumaspark.data.sudoku;

import static io.github.pumaspark.data.sudoku.TestGrids.grid;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PuzzleParserTest {
  private static final String FULL = "1234341221434321";
  private static final String PUZZLE = "1034341221434320";

  private final PuzzleParser four = new PuzzleParser(SudokuSize.FOUR);

  @Test
  void zeroAndDotAreBlanks() throws Exception {
    Puzzle expected = new Puzzle(grid(PUZZLE), grid(FULL));

    assertThat(four.parse(PUZZLE, FULL)).isEqualTo(expected);
    assertThat(four.parse(PUZZLE.replace('0', '.'), FULL)).isEqualTo(expected);
  }

  @Test
  void theSolverSuppliesAMissingSolution() throws Exception {
    assertThat(four.parse(PUZZLE, null).solutionText()).isEqualTo(FULL);
    assertThat(four.parse(PUZZLE, "").solutionText()).isEqualTo(FULL);
  }

  @Test
  void withoutASizeAllAreAccepted() throws Exception {
    PuzzleParser any = new PuzzleParser();

    assertThat(any.parse(PUZZLE, null).size()).isEqualTo(SudokuSize.FOUR);
    assertThat(any.parse(TestGrids.EASY_NINE, TestGrids.EASY_NINE_SOLUTION).size())
        .isEqualTo(SudokuSize.NINE);
  }

  @Test
  void everyFaultHasItsName() {
    assertThat(fault(PUZZLE + "0", FULL)).isEqualTo(PuzzleFault.WRONG_LENGTH);
    assertThat(fault("", null)).isEqualTo(PuzzleFault.WRONG_LENGTH);
    assertThat(fault("0".repeat(36), null)).isEqualTo(PuzzleFault.WRONG_SIZE);
    assertThat(fault("1034341221434350", null)).isEqualTo(PuzzleFault.BAD_CHARACTER);
    assertThat(fault("10343412214343-0", null)).isEqualTo(PuzzleFault.BAD_CHARACTER);
    assertThat(fault(FULL, FULL)).isEqualTo(PuzzleFault.NO_BLANK_CELL);
    assertThat(fault("1100000000000000", null)).isEqualTo(PuzzleFault.CONFLICTING_CLUES);
    assertThat(fault("1230000400000000", null)).isEqualTo(PuzzleFault.NO_SOLUTION);
    assertThat(fault("1230000000000000", null)).isEqualTo(PuzzleFault.SEVERAL_SOLUTIONS);
    assertThat(fault(PUZZLE, "123")).isEqualTo(PuzzleFault.MALFORMED_SOLUTION);
    assertThat(fault(PUZZLE, PUZZLE)).isEqualTo(PuzzleFault.MALFORMED_SOLUTION);
    assertThat(fault(PUZZLE, "x" + FULL.substring(1))).isEqualTo(PuzzleFault.MALFORMED_SOLUTION);
    assertThat(fault(PUZZLE, "2143341212344321")).isEqualTo(PuzzleFault.WRONG_SOLUTION);
  }

  private PuzzleFault fault(String puzzle, @Nullable String solution) {
    return catchThrowableOfType(InvalidPuzzleException.class, () -> four.parse(puzzle, solution))
        .fault();
  }
}
