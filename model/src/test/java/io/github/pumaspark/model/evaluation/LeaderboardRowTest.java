package io.github.pumaspark.model.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.sampling.RevealOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeaderboardRowTest {
  @Test
  void everyMetricAndEveryGroupIsOneRow() {
    EvaluationUnit unit = Units.sudoku(Units.model("puma", 10, "w1"), RevealOrder.MARGIN);
    EvaluationResult result = Units.evaluate(unit, Units.TIME).result();

    List<LeaderboardRow> rows = LeaderboardRow.of(result);

    assertThat(rows.stream().map(LeaderboardRow::group).filter(String::isEmpty))
        .hasSize(result.metrics().size());
    assertThat(rows.stream().map(LeaderboardRow::group))
        .contains("givens=13", "givens=16", "givens=5", "difficulty=naked_singles");
    assertThat(rows.get(0).metric()).isEqualTo("exact_match");
    assertThat(rows).allMatch(row -> row.cacheKey().equals(unit.key()) && row.step() == 10);
  }
}
