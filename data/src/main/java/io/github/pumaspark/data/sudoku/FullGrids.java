package io.github.pumaspark.data.sudoku;

import java.io.ByteArrayOutputStream;

/**
 * Random full grids.
 *
 * <p>Sizes 4 and 6: exactly uniform over all 288 and 28,200,960 grids. Size 9: the first solution
 * that a search with uniformly drawn digits meets; every grid can come, the probabilities differ.
 */
final class FullGrids {
  /*
   * Relabelling the digits maps the grids with first row 1..n one to one onto those with any other first
   * row, so (one of the listed grids, one of n! relabellings), both uniform, is a uniform grid. There are
   * 12 such grids of size 4 and 39,168 of size 6; 9x9 has about 1.8e16, hence the search.
   */

  private FullGrids() {}

  private static final class Listed {
    static final byte[] FOUR = list(SudokuSize.FOUR);
    static final byte[] SIX = list(SudokuSize.SIX);
  }

  /** A random grid, [cells], the caller's to keep. */
  static int[] draw(SudokuSize size, SudokuSolver solver, PuzzleDraws draws) {
    return switch (size) {
      case FOUR -> relabelled(Listed.FOUR, size, draws);
      case SIX -> relabelled(Listed.SIX, size, draws);
      case NINE -> solver.randomGrid(draws);
    };
  }

  private static int[] relabelled(byte[] listed, SudokuSize size, PuzzleDraws draws) {
    int cells = size.cells();
    int offset = draws.below(listed.length / cells) * cells;
    int[] labels = draws.permutation(size.side());
    int[] grid = new int[cells];
    for (int cell = 0; cell < cells; cell++) {
      grid[cell] = labels[listed[offset + cell] - 1] + 1;
    }
    return grid;
  }

  /** All grids with first row 1..n in lexicographic order, one byte per cell. */
  static byte[] list(SudokuSize size) {
    byte[] grid = new byte[size.cells()];
    int[] used = new int[size.units().length];
    for (int cell = 0; cell < size.side(); cell++) {
      grid[cell] = (byte) (cell + 1);
      toggle(size, used, cell, 1 << cell);
    }
    ByteArrayOutputStream grids = new ByteArrayOutputStream();
    listFrom(size.side(), grid, used, size, grids);
    return grids.toByteArray();
  }

  private static void listFrom(
      int cell, byte[] grid, int[] used, SudokuSize size, ByteArrayOutputStream grids) {
    if (cell == size.cells()) {
      grids.writeBytes(grid);
      return;
    }
    int taken = 0;
    for (int k = 0; k < 3; k++) {
      taken |= used[size.unitsOfCell()[3 * cell + k]];
    }
    for (int digit = 1; digit <= size.side(); digit++) {
      int bit = 1 << (digit - 1);
      if ((taken & bit) == 0) {
        grid[cell] = (byte) digit;
        toggle(size, used, cell, bit);
        listFrom(cell + 1, grid, used, size, grids);
        toggle(size, used, cell, bit);
      }
    }
  }

  private static void toggle(SudokuSize size, int[] used, int cell, int bit) {
    for (int k = 0; k < 3; k++) {
      used[size.unitsOfCell()[3 * cell + k]] ^= bit;
    }
  }
}
