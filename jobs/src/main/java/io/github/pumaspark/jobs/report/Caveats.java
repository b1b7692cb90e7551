package io.github.pumaspark.jobs.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a reader must know before comparing the numbers. */
final class Caveats {
  private Caveats() {}

  /**
   * One sentence or two.
   *
   * @param serious whether the numbers may be wrong, not merely limited
   */
  record Caveat(String text, boolean serious) {}

  static List<Caveat> of(ReportFacts facts, List<RunRecord> runs, Evaluations evaluations) {
    List<Caveat> caveats = new ArrayList<>();
    boolean sudoku = evaluations.groups().stream().anyMatch(group -> group.task().equals("sudoku"));
    facts.sudoku().ifPresent(known -> caveats.addAll(sudoku(known)));
    if (sudoku && facts.sudoku().isEmpty()) {
      evaluations.groups().stream()
          .filter(group -> group.task().equals("sudoku"))
          .flatMap(group -> group.headlineCurves().stream())
          .map(curve -> curve.last().metrics().get(EvaluationSection.NAKED_SINGLES_SHARE))
          .filter(Objects::nonNull)
          .findFirst()
          .ifPresent(share -> caveats.add(nakedSingles(share.value(), share.n())));
      caveats.add(
          new Caveat(
              "Whether held-out solution grids also occur in training was not checked for this"
                  + " report.",
              true));
    }
    if (evaluations.groups().stream().anyMatch(Evaluations.Group::isExactMatch)) {
      caveats.add(
          new Caveat(
              "Exact match is strict: a puzzle counts only if every given is kept and the whole"
                  + " grid is right. Intervals are Wilson 95% intervals; they cover the choice of"
                  + " test puzzles, not the training seed, and hold for one checkpoint at a time.",
              false));
    }
    if (runs.stream().map(RunRecord::strategy).distinct().count() > 1) {
      caveats.add(
          new Caveat(
              "Training losses of different masking strategies are means over different masks and"
                  + " cannot be compared with each other; the evaluation charts can.",
              false));
    }
    long versions =
        runs.stream()
            .flatMap(run -> run.checkpoints().stream())
            .map(CheckpointRecord::codeVersion)
            .distinct()
            .count();
    if (versions > 1) {
      caveats.add(
          new Caveat(
              "The checkpoints were written by " + versions + " different code versions.", false));
    }
    long datasets =
        runs.stream()
            .flatMap(run -> run.checkpoints().stream())
            .map(CheckpointRecord::datasetSha256)
            .distinct()
            .count();
    if (datasets > 1) {
      caveats.add(new Caveat("The runs were trained on different datasets.", false));
    }
    facts.statements().forEach(statement -> caveats.add(new Caveat(statement, false)));
    return caveats;
  }

  private static List<Caveat> sudoku(ReportFacts.Sudoku sudoku) {
    List<Caveat> caveats = new ArrayList<>();
    String puzzles = Numbers.count(sudoku.heldOutPuzzles());
    if (sudoku.sharedGrids() == 0) {
      caveats.add(
          new Caveat(
              "No held-out solution grid occurs in training (" + puzzles + " puzzles checked).",
              false));
    } else {
      caveats.add(
          new Caveat(
              Numbers.count(sudoku.sharedGrids())
                  + " of "
                  + puzzles
                  + " held-out puzzles have a solution grid that also occurs in training.",
              true));
    }
    if (sudoku.size() == 6) {
      caveats.add(
          new Caveat(
              "There are 28,200,960 grids of 6x6, though only 49 up to symmetry: a held-out grid is"
                  + " new, but a relabelled, reordered or reflected form of it may have been"
                  + " trained on.",
              false));
    }
    caveats.add(
        nakedSingles(
            (double) sudoku.nakedSinglesSolved() / (double) sudoku.heldOutPuzzles(),
            sudoku.heldOutPuzzles()));
    return caveats;
  }

  private static Caveat nakedSingles(double share, long puzzles) {
    return new Caveat(
        "Naked singles alone solve "
            + Numbers.percent(share)
            + " of the test puzzles ("
            + Numbers.count(Math.round(share * (double) puzzles))
            + " of "
            + Numbers.count(puzzles)
            + ").",
        false);
  }
}
