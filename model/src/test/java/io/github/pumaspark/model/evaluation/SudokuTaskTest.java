package io.github.pumaspark.model.evaluation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.sampling.FakePredictor;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.Rows;
import io.github.pumaspark.model.sampling.SamplerConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SudokuTaskTest {
  private static final int MASK = 5;
  private static final String GRID = "1234341221434321";
  private static final String OTHER_GRID = "2143341212344321";
  private static final EvaluationData DATA = new EvaluationData("data/validation", "d", 0, 0);

  /** Naked singles solve it: every row but one is given. */
  private static final String EASY = "............????";

  /** One clue leaves many grids. */
  private static final String HARD = ".???????????????";

  @Test
  void aModelThatKnowsTheGridSolvesEverything() {
    TaskScores scores = score(GRID, puzzle(GRID, EASY, 1), puzzle(GRID, HARD, 2));

    assertThat(value(scores.metrics(), "exact_match")).isEqualTo(1);
    assertThat(value(scores.metrics(), "exact_match_lenient")).isEqualTo(1);
    assertThat(value(scores.metrics(), "cell_accuracy")).isEqualTo(1);
    assertThat(scores.n()).isEqualTo(2);
    assertThat(scores.forwardPasses()).isEqualTo(2 + 8);
    assertThat(value(scores.metrics(), "forward_passes")).isEqualTo(5);
    assertThat(value(scores.metrics(), "forward_passes_p95")).isEqualTo(8);
  }

  @Test
  void anyValidGridThatKeepsTheCluesIsASolutionAndNoOther() {
    FakePredictor writesOtherRow = predictor(OTHER_GRID);
    Sequence keepsClues = puzzle(GRID, "????....????....", 1);

    TaskScores scores = task().score(writesOtherRow, List.of(keepsClues), DATA);
    Sequence breaksClues = puzzle(GRID, "???????????.....", 2);
    TaskScores wrong = task().score(writesOtherRow, List.of(breaksClues), DATA);

    assertThat(value(scores.metrics(), "exact_match")).as("valid, all clues kept").isEqualTo(1);
    assertThat(value(scores.metrics(), "cell_accuracy")).isEqualTo(0);
    assertThat(value(wrong.metrics(), "exact_match")).isEqualTo(0);
  }

  @Test
  void accuracyIsSplitByGivensAndByNakedSingles() {
    FakePredictor guessesLastRow =
        new FakePredictor(
            16,
            MASK,
            (tokens, segments, position) ->
                oneHot(position >= 12 ? GRID.charAt(position) - '0' : 1));

    TaskScores scores =
        task()
            .score(
                guessesLastRow,
                List.of(puzzle(GRID, EASY, 1), puzzle(GRID, EASY, 2), puzzle(GRID, HARD, 3)),
                DATA);

    assertThat(value(scores.metrics(), "exact_match")).isCloseTo(2.0 / 3, within(1e-12));
    assertThat(value(scores.metrics(), "naked_singles_share")).isCloseTo(2.0 / 3, within(1e-12));
    Map<String, Metric> givens = requireNonNull(scores.breakdowns().get("givens"));
    assertThat(givens.keySet()).containsExactly("1", "12");
    assertThat(givens.get("1")).isEqualTo(Metric.fraction(0, 1));
    assertThat(givens.get("12")).isEqualTo(Metric.fraction(2, 2));
    Map<String, Metric> difficulty = requireNonNull(scores.breakdowns().get("difficulty"));
    assertThat(difficulty)
        .isEqualTo(Map.of("naked_singles", Metric.fraction(2, 2), "harder", Metric.fraction(0, 1)));
  }

  @Test
  void everyPuzzleLeavesItsRecord() {
    SampleRecord sample = score(GRID, puzzle(GRID, EASY, 42)).samples().get(0);

    assertThat(sample.doc())
        .containsEntry("row_id", 42L)
        .containsEntry("puzzle", "1234341221430000")
        .containsEntry("solution", GRID)
        .containsEntry("givens", 12);
    assertThat(sample.target()).isEqualTo(GRID);
    assertThat(sample.response()).isEqualTo(GRID);
    assertThat(sample.metrics()).containsEntry("exact_match", 1.0);
  }

  @Test
  void rowsThatAreNoSolvedGridsAreRefused() {
    for (Sequence row :
        List.of(
            Rows.of(9, new int[16], "????????????????"), Rows.of(9, new int[15], "?".repeat(15)))) {
      assertThatThrownBy(() -> task().check(row, DATA))
          .isInstanceOf(ConfigException.class)
          .hasMessage(
              "Cannot evaluate task 'sudoku' on 'data/validation': row 9 is not a solved grid of"
                  + " 16, 36 or 81 cells");
    }
    task().check(puzzle(GRID, EASY, 1), DATA);
  }

  private static TaskScores score(String knownGrid, Sequence... rows) {
    return task().score(predictor(knownGrid), List.of(rows), DATA);
  }

  private static SudokuTask task() {
    return new SudokuTask(new SamplerConfig(RevealOrder.MAX_PROB, 2, 4, 0));
  }

  private static FakePredictor predictor(String grid) {
    return new FakePredictor(
        16, MASK, (tokens, segments, position) -> oneHot(grid.charAt(position) - '0'));
  }

  private static double[] oneHot(int digit) {
    double[] logits = new double[6];
    logits[digit] = 10;
    return logits;
  }

  private static double value(Map<String, Metric> metrics, String name) {
    return requireNonNull(metrics.get(name)).value();
  }

  private static Sequence puzzle(String solution, String prompt, long rowId) {
    return Rows.of(rowId, solution.chars().map(c -> c - '0').toArray(), prompt);
  }
}
