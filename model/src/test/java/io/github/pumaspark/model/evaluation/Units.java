package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.model.sampling.FakePredictor;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.Rows;
import io.github.pumaspark.model.sampling.SamplerConfig;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Units and their evaluations for tests. */
final class Units {
  static final Instant TIME = Instant.parse("2026-01-31T12:34:56.789012Z");

  private Units() {}

  static EvaluatedModel model(String run, long step, String weights) {
    return new EvaluatedModel(
        run, "runs/" + run + "/checkpoints/" + step, step, 640, 23040, 12.5, weights, "float32");
  }

  static EvaluationUnit sudoku(EvaluatedModel model, RevealOrder order) {
    return new EvaluationUnit(
        model,
        new EvaluationData("data/validation", "d5", 0, 0),
        new SudokuTask(new SamplerConfig(order, 1, 4, 0)),
        "abc123");
  }

  static EvaluationUnit nll(EvaluatedModel model) {
    return new EvaluationUnit(
        model,
        new EvaluationData("data/validation", "d5", 0, 0),
        new NllTask(new LikelihoodConfig(4, 2, 8, 1)),
        "abc123");
  }

  static Evaluation evaluate(EvaluationUnit unit, Instant time) {
    int[] grid = "1234341221434321".chars().map(c -> c - '0').toArray();
    return new Evaluator(Clock.fixed(time, ZoneOffset.UTC), "2 CPU cores")
        .evaluate(
            unit,
            FakePredictor.hashing(16, 6, 5),
            List.of(
                Rows.of(0, grid, "..?...........??"),
                Rows.of(1, grid, "................"),
                Rows.of(2, grid, "....???????????.")));
  }
}
