package io.github.pumaspark.data.sudoku;

/**
 * The rules of the game, for grids of any origin: no method throws on a wrong length or an
 * impossible digit, it answers false.
 */
public final class SudokuRules {
  private SudokuRules() {}

  /** Whether every row, column and box holds each digit from 1 to side once. */
  public static boolean isValidGrid(SudokuSize size, int[] grid) {
    return isConsistent(size, grid) && isFull(grid);
  }

  /** Whether no digit occurs twice in a row, column or box, and all are in [0, side]; 0 = blank. */
  public static boolean isConsistent(SudokuSize size, int[] clues) {
    if (clues.length != size.cells()) {
      return false;
    }
    for (int digit : clues) {
      if (digit < 0 || digit > size.side()) {
        return false;
      }
    }
    for (int[] unit : size.units()) {
      int seen = 0;
      for (int cell : unit) {
        int bit = 1 << clues[cell] >> 1;
        if ((seen & bit) != 0) {
          return false;
        }
        seen |= bit;
      }
    }
    return true;
  }

  /** The strict check: a valid grid that keeps every clue; 0 in {@code clues} is a blank. */
  public static boolean isSolution(SudokuSize size, int[] solution, int[] clues) {
    if (clues.length != size.cells() || !isValidGrid(size, solution)) {
      return false;
    }
    for (int cell = 0; cell < clues.length; cell++) {
      if (clues[cell] != 0 && clues[cell] != solution[cell]) {
        return false;
      }
    }
    return true;
  }

  /**
   * The check of PUMA's reference code, kept to compare scores with it: a valid grid in which
   * <em>any</em> cell is blank in the clues or keeps its clue. With one blank it accepts every
   * valid grid, also that of another puzzle; {@link #isSolution} is the check that counts.
   */
  public static boolean isLenientSolution(SudokuSize size, int[] solution, int[] clues) {
    if (clues.length != size.cells() || !isValidGrid(size, solution)) {
      return false;
    }
    for (int cell = 0; cell < clues.length; cell++) {
      if (clues[cell] == 0 || clues[cell] == solution[cell]) {
        return true;
      }
    }
    return false;
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
