package io.github.pumaspark.jobs.pipeline;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.data.sudoku.NakedSingles;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.report.ReportFacts;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Checks held-out puzzles against the training set, and how hard they are. */
final class HeldOutPuzzles {
  private HeldOutPuzzles() {}

  /**
   * Counts over the rows that are evaluated.
   *
   * @param limit rows from the start of the validation dataset; 0 = all
   */
  static ReportFacts.Sudoku check(
      Path train, Path validation, long limit, Configuration configuration) throws IOException {
    try (TokenDataset held = TokenDataset.open(validation, configuration);
        TokenDataset seen = TokenDataset.open(train, configuration)) {
      SudokuSize size = SudokuSize.ofCells(held.sequenceLength()).orElseThrow();
      long rows = limit == 0 ? held.rows() : Math.min(limit, held.rows());
      Set<String> grids = new HashSet<>();
      long solved = 0;
      for (long row = 0; row < rows; row++) {
        Sequence puzzle = held.row(row);
        grids.add(grid(puzzle));
        int[] clues = puzzle.tokens().clone();
        for (int i = 0; i < clues.length; i++) {
          clues[i] = puzzle.prompt()[i] ? clues[i] : 0;
        }
        solved += NakedSingles.solves(size, clues) ? 1 : 0;
      }
      Set<String> shared = new HashSet<>();
      for (long row = 0; row < seen.rows(); row++) {
        String grid = grid(seen.row(row));
        if (grids.contains(grid)) {
          shared.add(grid);
        }
      }
      long sharedRows = 0;
      for (long row = 0; row < rows && !shared.isEmpty(); row++) {
        sharedRows += shared.contains(grid(held.row(row))) ? 1 : 0;
      }
      return new ReportFacts.Sudoku(size.side(), rows, sharedRows, solved);
    }
  }

  private static String grid(Sequence puzzle) {
    StringBuilder digits = new StringBuilder();
    for (int token : puzzle.tokens()) {
      digits.append((char) ('0' + token));
    }
    return digits.toString();
  }
}
