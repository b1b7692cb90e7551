package io.github.pumaspark.data.sudoku;

import java.util.ArrayList;
import java.util.List;

/** Grids for tests, made without the code under test. */
final class TestGrids {
  static final String EASY_NINE =
      "530070000600195000098000060800060003400803001700020006060000280000419005000080079";
  static final String EASY_NINE_SOLUTION =
      "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

  /** 17 givens, needs more than naked singles. */
  static final String HARD_NINE =
      "000000010400000000020000000000050407008000300001090000300400200050100000000806000";

  static final String HARD_NINE_SOLUTION =
      "693784512487512936125963874932651487568247391741398625319475268856129743274836159";

  private TestGrids() {}

  static int[] grid(String text) {
    return text.chars().map(c -> c == '.' ? 0 : c - '0').toArray();
  }

  /** Every 4x4 grid, by trying all 24^4 stacks of permutations and checking them cell by cell. */
  static List<int[]> everyFour() {
    List<int[]> rows = new ArrayList<>();
    for (int code = 0; code < 256; code++) {
      int[] row = {code % 4 + 1, code / 4 % 4 + 1, code / 16 % 4 + 1, code / 64 + 1};
      if (isPermutation(row[0], row[1], row[2], row[3])) {
        rows.add(row);
      }
    }
    List<int[]> grids = new ArrayList<>();
    for (int[] a : rows) {
      for (int[] b : rows) {
        for (int[] c : rows) {
          for (int[] d : rows) {
            if (columnsAndBoxesHold(a, b, c, d)) {
              int[] grid = new int[16];
              System.arraycopy(a, 0, grid, 0, 4);
              System.arraycopy(b, 0, grid, 4, 4);
              System.arraycopy(c, 0, grid, 8, 4);
              System.arraycopy(d, 0, grid, 12, 4);
              grids.add(grid);
            }
          }
        }
      }
    }
    return grids;
  }

  private static boolean columnsAndBoxesHold(int[] a, int[] b, int[] c, int[] d) {
    for (int k = 0; k < 4; k++) {
      if (!isPermutation(a[k], b[k], c[k], d[k])) {
        return false;
      }
    }
    return isPermutation(a[0], a[1], b[0], b[1])
        && isPermutation(a[2], a[3], b[2], b[3])
        && isPermutation(c[0], c[1], d[0], d[1])
        && isPermutation(c[2], c[3], d[2], d[3]);
  }

  private static boolean isPermutation(int a, int b, int c, int d) {
    return (1 << a | 1 << b | 1 << c | 1 << d) == 0b11110;
  }
}
