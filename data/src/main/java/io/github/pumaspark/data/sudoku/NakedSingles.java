package io.github.pumaspark.data.sudoku;

/**
 * The weakest human technique: fill a cell when its row, column and box leave it one digit, and
 * repeat. A test puzzle that it solves says little about a model.
 */
public final class NakedSingles {
  private NakedSingles() {}

  /**
   * Whether the technique alone fills every cell. False for clues that contradict each other.
   *
   * @param clues [cells] row-major, 0 where blank; not written
   * @throws IllegalArgumentException on a wrong length or digit
   */
  public static boolean solves(SudokuSize size, int[] clues) {
    size.checkGrid(clues);
    int[] grid = clues.clone();
    boolean changed = true;
    while (changed) {
      changed = false;
      for (int cell = 0; cell < grid.length; cell++) {
        if (grid[cell] == 0) {
          int candidates = candidates(size, grid, cell);
          if (Integer.bitCount(candidates) == 1) {
            grid[cell] = Integer.numberOfTrailingZeros(candidates) + 1;
            changed = true;
          }
        }
      }
    }
    return SudokuRules.isValidGrid(size, grid);
  }

  private static int candidates(SudokuSize size, int[] grid, int cell) {
    int candidates = (1 << size.side()) - 1;
    for (int k = 0; k < 3; k++) {
      for (int peer : size.units()[size.unitsOfCell()[3 * cell + k]]) {
        candidates &= ~(1 << grid[peer] >> 1);
      }
    }
    return candidates;
  }
}
