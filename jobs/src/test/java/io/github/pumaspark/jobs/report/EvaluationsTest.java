package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;

final class EvaluationsTest {
  private final List<RunRecord> runs = List.of(run("a", "/x/a"), run("b", "/x/b"));
  private final List<String> notes = new ArrayList<>();

  @Test
  void resultsFollowTheCheckpointsPlaceBeforeTheRunsName() {
    Evaluations evaluations =
        Evaluations.of(
            List.of(
                result("a", "/x/b/checkpoints/step-1", 1, "0.5"),
                result("a", "/elsewhere/step-2", 2, "0.5")),
            runs,
            notes);

    assertThat(evaluations.groups().get(0).headlineCurves())
        .extracting(Evaluations.Curve::run)
        .containsExactly(0, 1);
    assertThat(notes).isEmpty();
  }

  @Test
  void resultsOfOtherRunsAreLeftOutAndNamed() {
    Evaluations evaluations =
        Evaluations.of(List.of(result("c", "/x/ab/step-1", 1, "0.5")), runs, notes);

    assertThat(evaluations.groups()).isEmpty();
    assertThat(notes)
        .containsExactly("Left out evaluation results of runs that are not in this report: c.");
  }

  @Test
  void theNewerOfTwoResultsForTheSameThingCounts() {
    Evaluations evaluations =
        Evaluations.of(List.of(result("a", "", 1, "0.5"), result("a", "", 1, "0.75")), runs, notes);

    assertThat(
            evaluations.groups().get(0).headlineCurves().get(0).last().metrics().get("exact_match"))
        .extracting(EvaluationRecord.Measure::value)
        .isEqualTo(0.75);
    assertThat(notes).hasSize(1);
  }

  @Test
  void whatAResultDoesNotSayOfTheTrainingComesFromTheLog() {
    Evaluations evaluations = Evaluations.of(List.of(result("a", "", 1, "0.5")), runs, notes);

    assertThat(evaluations.groups().get(0).headlineCurves().get(0).last().sequences())
        .isEqualTo(128);
  }

  @Test
  void directoriesOfOneNameAreToldApartByTheirParents() {
    assertThat(Paths.names(List.of(new Path("/s/one/puma"), new Path("/s/two/puma"))))
        .containsExactly("one/puma", "two/puma");
    assertThat(Paths.names(List.of(new Path("/s/puma"), new Path("/s/puma"))))
        .doesNotHaveDuplicates();
  }

  private static RunRecord run(String name, String directory) {
    double nan = Double.NaN;
    return new RunRecord(
        name,
        directory,
        List.of(new MetricRecord(1, 2, 128, 64, nan, nan, nan, nan, nan)),
        Collections.emptySortedMap(),
        List.of(),
        List.of());
  }

  private static EvaluationRecord result(String run, String checkpoint, int step, String value) {
    try {
      return EvaluationRecord.of(
          "file.json",
          Json.MAPPER.readTree(
              """
              {"run":"%s","checkpoint":"%s","step":%d,"task":"sudoku","n":100,
               "metrics":{"exact_match":%s}}
              """
                  .formatted(run, checkpoint, step, value)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
