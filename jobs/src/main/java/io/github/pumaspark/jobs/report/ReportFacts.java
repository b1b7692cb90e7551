package io.github.pumaspark.jobs.report;

import io.github.pumaspark.data.lang.Check;
import java.util.List;
import java.util.Optional;

/**
 * What the run directories cannot tell about a study; everything is optional except the title.
 *
 * @param title heading of the page
 * @param datasets the token datasets behind the runs, in display order
 * @param sudoku facts about held-out puzzles; empty when they were not checked or do not apply
 * @param statements further sentences for the list of caveats, plain text
 */
public record ReportFacts(
    String title, List<Dataset> datasets, Optional<Sudoku> sudoku, List<String> statements) {
  public ReportFacts {
    Check.argument(!title.isBlank(), "title must not be blank");
    datasets = List.copyOf(datasets);
    statements = List.copyOf(statements);
  }

  /** Facts of a study of which nothing but its title is known. */
  public static ReportFacts titled(String title) {
    return new ReportFacts(title, List.of(), Optional.empty(), List.of());
  }

  /**
   * Counts of one dataset's manifest.
   *
   * @param name role in the study, such as {@code train} or {@code validation}
   * @param path where it lies
   * @param rows sequences in it
   * @param tokens tokens in it, padding excluded
   * @param documentsIn documents read; out + dropped + quarantined
   * @param documentsOut documents kept
   * @param dropped documents left out by a rule
   * @param quarantined documents rejected as malformed
   * @param manifestSha256 hash of the manifest file, empty if unknown
   */
  public record Dataset(
      String name,
      String path,
      long rows,
      long tokens,
      long documentsIn,
      long documentsOut,
      long dropped,
      long quarantined,
      String manifestSha256) {}

  /**
   * What was checked about held-out Sudoku puzzles.
   *
   * @param size digits per row: 4, 6 or 9
   * @param heldOutPuzzles puzzles looked at
   * @param sharedGrids held-out puzzles whose solution grid also occurs in training
   * @param nakedSinglesSolved held-out puzzles that naked singles alone solve
   */
  public record Sudoku(int size, long heldOutPuzzles, long sharedGrids, long nakedSinglesSolved) {
    public Sudoku {
      Check.argument(heldOutPuzzles > 0, "heldOutPuzzles must be positive: %s", heldOutPuzzles);
      Check.argument(
          sharedGrids >= 0 && sharedGrids <= heldOutPuzzles,
          "sharedGrids must be between 0 and %s: %s",
          heldOutPuzzles,
          sharedGrids);
      Check.argument(
          nakedSinglesSolved >= 0 && nakedSinglesSolved <= heldOutPuzzles,
          "nakedSinglesSolved must be between 0 and %s: %s",
          heldOutPuzzles,
          nakedSinglesSolved);
    }
  }
}
