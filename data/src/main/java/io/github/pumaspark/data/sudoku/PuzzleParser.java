package io.github.pumaspark.data.sudoku;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns text into puzzles with one solution. Not thread-safe: it owns solvers.
 *
 * <p>A puzzle is one character per cell in row-major order, {@code 0} or {@code .} for a blank; a
 * solution is digits only.
 */
public final class PuzzleParser {
  private final Map<SudokuSize, SudokuSolver> solvers = new EnumMap<>(SudokuSize.class);

  /** A parser that accepts the given sizes of board; none means all. */
  public PuzzleParser(SudokuSize... accepted) {
    for (SudokuSize size : accepted.length == 0 ? SudokuSize.values() : accepted) {
      solvers.put(size, new SudokuSolver(size));
    }
  }

  /**
   * Parses and solves a puzzle.
   *
   * @param solution the claimed solution, which must then be the unique one; null or empty if the
   *     source has none
   * @throws InvalidPuzzleException with the first fault found
   */
  public Puzzle parse(String puzzle, @Nullable String solution) throws InvalidPuzzleException {
    SudokuSize size =
        SudokuSize.ofCells(puzzle.length())
            .orElseThrow(() -> new InvalidPuzzleException(PuzzleFault.WRONG_LENGTH));
    SudokuSolver solver = solvers.get(size);
    if (solver == null) {
      throw new InvalidPuzzleException(PuzzleFault.WRONG_SIZE);
    }
    int[] clues = digits(puzzle, size, PuzzleFault.BAD_CHARACTER);
    int @Nullable [] claimed = null;
    if (solution != null && !solution.isEmpty()) {
      if (solution.length() != size.cells()) {
        throw new InvalidPuzzleException(PuzzleFault.MALFORMED_SOLUTION);
      }
      claimed = digits(solution, size, PuzzleFault.MALFORMED_SOLUTION);
      if (!isFull(claimed)) {
        throw new InvalidPuzzleException(PuzzleFault.MALFORMED_SOLUTION);
      }
    }
    return new Puzzle(clues, unique(clues, claimed, size, solver));
  }

  private static int[] unique(
      int[] clues, int @Nullable [] claimed, SudokuSize size, SudokuSolver solver)
      throws InvalidPuzzleException {
    if (isFull(clues)) {
      throw new InvalidPuzzleException(PuzzleFault.NO_BLANK_CELL);
    }
    if (!SudokuRules.isConsistent(size, clues)) {
      throw new InvalidPuzzleException(PuzzleFault.CONFLICTING_CLUES);
    }
    SudokuSolver.Solved solved = solver.solve(clues);
    int @Nullable [] solution = solved.solution();
    if (solution == null) {
      throw new InvalidPuzzleException(
          switch (solved.verdict()) {
            case NONE -> PuzzleFault.NO_SOLUTION;
            case SEVERAL -> PuzzleFault.SEVERAL_SOLUTIONS;
            case UNIQUE, UNDECIDED -> PuzzleFault.UNDECIDED;
          });
    }
    if (claimed != null && !Arrays.equals(claimed, solution)) {
      throw new InvalidPuzzleException(PuzzleFault.WRONG_SOLUTION);
    }
    return solution;
  }

  private static int[] digits(String text, SudokuSize size, PuzzleFault fault)
      throws InvalidPuzzleException {
    int[] grid = new int[text.length()];
    for (int cell = 0; cell < grid.length; cell++) {
      char c = text.charAt(cell);
      int digit = c == '.' ? 0 : c - '0';
      if (digit < 0 || digit > size.side()) {
        throw new InvalidPuzzleException(fault);
      }
      grid[cell] = digit;
    }
    return grid;
  }

  private static boolean isFull(int[] grid) {
    for (int digit : grid) {
      if (digit == 0) {
        return false;
      }
    }
    return true;
  }
}
