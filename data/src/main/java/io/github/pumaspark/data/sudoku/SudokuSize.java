package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.lang.Check;
import java.util.Optional;

/** The supported boards, by the number of digits: side x side cells, cut into equal boxes. */
public enum SudokuSize {
  /** 4x4 with boxes of 2 rows x 2 columns; 288 grids. */
  FOUR(2, 2),
  /** 6x6 with boxes of 2 rows x 3 columns; 28,200,960 grids. */
  SIX(2, 3),
  /** 9x9 with boxes of 3 rows x 3 columns; about 6.67e21 grids. */
  NINE(3, 3);

  private final int boxRows;
  private final int boxColumns;
  private final int side;
  private final int[][] units;
  private final int[] unitsOfCell;

  SudokuSize(int boxRows, int boxColumns) {
    this.boxRows = boxRows;
    this.boxColumns = boxColumns;
    side = boxRows * boxColumns;
    units = new int[3 * side][side];
    unitsOfCell = new int[3 * side * side];
    int[] filled = new int[3 * side];
    for (int cell = 0; cell < side * side; cell++) {
      int row = cell / side;
      int column = cell % side;
      int box = row / boxRows * boxRows + column / boxColumns;
      int[] own = {row, side + column, 2 * side + box};
      for (int k = 0; k < 3; k++) {
        units[own[k]][filled[own[k]]++] = cell;
        unitsOfCell[3 * cell + k] = own[k];
      }
    }
  }

  /**
   * The board with this many digits.
   *
   * @throws IllegalArgumentException unless {@code side} is 4, 6 or 9
   */
  public static SudokuSize of(int side) {
    for (SudokuSize size : values()) {
      if (size.side == side) {
        return size;
      }
    }
    throw new IllegalArgumentException("Invalid Sudoku size: " + side + " (must be 4, 6 or 9)");
  }

  /** The board with this many cells (16, 36 or 81), if there is one. */
  public static Optional<SudokuSize> ofCells(int cells) {
    for (SudokuSize size : values()) {
      if (size.cells() == cells) {
        return Optional.of(size);
      }
    }
    return Optional.empty();
  }

  /** Digits, cells per row, per column and per box: 4, 6 or 9. */
  public int side() {
    return side;
  }

  /** Cells of the board: 16, 36 or 81. */
  public int cells() {
    return side * side;
  }

  /** Rows of a box. */
  public int boxRows() {
    return boxRows;
  }

  /** Columns of a box. */
  public int boxColumns() {
    return boxColumns;
  }

  /**
   * [3 * side][side] cells of every row, then of every column, then of every box; never written.
   */
  int[][] units() {
    return units;
  }

  /** [3 * cells], the row, column and box unit of every cell as indices of units; never written. */
  int[] unitsOfCell() {
    return unitsOfCell;
  }

  /** Requires a grid with one entry per cell, each in [0, side]. */
  void checkGrid(int[] grid) {
    Check.argument(
        grid.length == cells(), "Invalid grid: %d cells (must be %d)", grid.length, cells());
    for (int digit : grid) {
      if (digit < 0 || digit > side) {
        throw new IllegalArgumentException(
            "Invalid digit: " + digit + " (must be in [0, " + side + "])");
      }
    }
  }
}
