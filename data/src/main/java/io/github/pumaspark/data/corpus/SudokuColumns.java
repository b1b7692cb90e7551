package io.github.pumaspark.data.corpus;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where a line of a Sudoku CSV has the puzzle and the solution.
 *
 * @param puzzle column of the puzzle, from 0
 * @param solution column of the solution; -1 if there is none
 * @param named whether a header names them, so that further columns may be there
 */
record SudokuColumns(int puzzle, int solution, boolean named) {
  /** Without a header: the puzzle, then perhaps its solution, and nothing else. */
  static final SudokuColumns UNNAMED = new SudokuColumns(0, 1, false);

  private static final List<String> PUZZLE_NAMES = List.of("puzzle", "puzzles", "quiz", "quizzes");
  private static final List<String> SOLUTION_NAMES = List.of("solution", "solutions");

  /** The columns that a first line names; empty if it is no header. */
  static Optional<SudokuColumns> ofHeader(List<String> fields) {
    int puzzle = -1;
    int solution = -1;
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.get(i).toLowerCase(Locale.ROOT);
      if (PUZZLE_NAMES.contains(name)) {
        puzzle = i;
      } else if (SOLUTION_NAMES.contains(name)) {
        solution = i;
      }
    }
    return puzzle < 0 ? Optional.empty() : Optional.of(new SudokuColumns(puzzle, solution, true));
  }

  /** Whether a line has these columns; that of the solution may be missing. */
  boolean fit(List<String> fields) {
    return puzzle < fields.size() && (named || fields.size() <= 2);
  }

  /** The puzzle of a line that fits. */
  String puzzleOf(List<String> fields) {
    return fields.get(puzzle);
  }

  /** The solution of a line that fits, null if it has none. */
  @Nullable String solutionOf(List<String> fields) {
    return 0 <= solution && solution < fields.size() ? fields.get(solution) : null;
  }
}
