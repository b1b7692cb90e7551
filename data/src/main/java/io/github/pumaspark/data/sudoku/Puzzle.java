package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.util.Arrays;

/**
 * Givens and the one grid that completes them. The arrays are shared, never written.
 *
 * @param clues [cells] row-major, 0 where blank
 * @param solution [cells] row-major, digits from 1
 */
public record Puzzle(int[] clues, int[] solution) implements Serializable {
  /** Requires two arrays of the same supported length; does not solve the puzzle. */
  public Puzzle {
    Check.argument(
        clues.length == solution.length && SudokuSize.ofCells(clues.length).isPresent(),
        "Invalid puzzle: %d clue cells, %d solution cells (both must be 16, 36 or 81)",
        clues.length,
        solution.length);
  }

  /** The board. */
  public SudokuSize size() {
    return SudokuSize.ofCells(clues.length).orElseThrow();
  }

  /** Number of cells that are not blank. */
  public int givens() {
    int givens = 0;
    for (int clue : clues) {
      givens += clue == 0 ? 0 : 1;
    }
    return givens;
  }

  /** The clues as one character per cell, {@code 0} for a blank. */
  public String cluesText() {
    return text(clues);
  }

  /** The solution as one digit per cell. */
  public String solutionText() {
    return text(solution);
  }

  private static String text(int[] grid) {
    char[] text = new char[grid.length];
    for (int cell = 0; cell < grid.length; cell++) {
      text[cell] = (char) ('0' + grid[cell]);
    }
    return new String(text);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Puzzle that
        && Arrays.equals(clues, that.clues)
        && Arrays.equals(solution, that.solution);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(clues) + Arrays.hashCode(solution);
  }

  /** The line of the CSV: clues, comma, solution. */
  @Override
  public String toString() {
    return cluesText() + ',' + solutionText();
  }
}
