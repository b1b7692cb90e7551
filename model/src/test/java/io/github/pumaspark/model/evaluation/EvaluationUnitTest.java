package io.github.pumaspark.model.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.SamplerConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class EvaluationUnitTest {
  private static final EvaluatedModel MODEL = Units.model("puma", 10, "w1");
  private static final EvaluationData DATA = new EvaluationData("data", "d1", 100, 0);

  @Test
  void everythingThatCanChangeTheScoreChangesTheKey() {
    List<String> keys =
        Stream.of(
                unit(MODEL, DATA, sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1"),
                unit(
                    Units.model("puma", 10, "w2"),
                    DATA,
                    sudoku(RevealOrder.MAX_PROB, 1, 4, 0),
                    "c1"),
                unit(precision("bf16"), DATA, sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1"),
                unit(MODEL, data("d2", 100, 0), sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1"),
                unit(MODEL, data("d1", 0, 0), sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1"),
                unit(MODEL, data("d1", 100, 256), sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1"),
                unit(MODEL, DATA, sudoku(RevealOrder.MARGIN, 1, 4, 0), "c1"),
                unit(MODEL, DATA, sudoku(RevealOrder.MAX_PROB, 2, 4, 0), "c1"),
                unit(MODEL, DATA, sudoku(RevealOrder.MAX_PROB, 1, 4, 1), "c1"),
                unit(MODEL, DATA, sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c2"),
                unit(MODEL, DATA, nll(32, 1, 8, 0), "c1"),
                unit(MODEL, DATA, nll(16, 1, 8, 0), "c1"),
                unit(MODEL, DATA, nll(32, 2, 8, 0), "c1"),
                unit(MODEL, DATA, nll(32, 1, 8, 1), "c1"))
            .map(EvaluationUnit::key)
            .toList();

    assertThat(keys).doesNotHaveDuplicates().allMatch(key -> key.matches("[0-9a-f]{32}"));
  }

  @Test
  void namesPathsAndBatchSizeDoNotChangeTheKey() {
    String key = unit(MODEL, DATA, sudoku(RevealOrder.MAX_PROB, 1, 4, 0), "c1").key();

    assertThat(
            unit(
                    new EvaluatedModel("other", "/moved", 20, 1, 2, 3, "w1", "float32"),
                    new EvaluationData("/moved/data", "d1", 100, 0),
                    sudoku(RevealOrder.MAX_PROB, 1, 64, 0),
                    "c1")
                .key())
        .isEqualTo(key);
  }

  /** Stored results of earlier builds stay valid as long as this value does. */
  @Test
  void theKeyIsPinned() {
    assertThat(unit(MODEL, DATA, nll(32, 1, 8, 0), "c1").key())
        .isEqualTo("d7b9b00c723ee1c0b348c0abbf127f07");
  }

  @Test
  void travelsToExecutors() throws Exception {
    EvaluationUnit unit = unit(MODEL, DATA, nll(32, 1, 8, 0), "c1");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(unit);
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(unit);
    }
  }

  @Test
  void modelNamesAreDirectoriesAsLmEvalNamesThem() {
    assertThat(Units.model("runA", 12000, "w").fileName()).isEqualTo("runA__step00012000");
    assertThat(Units.model("a::b<c>*d", 1, "w").fileName()).isEqualTo("a__b__c__d__step00000001");
  }

  private static EvaluationUnit unit(
      EvaluatedModel model, EvaluationData data, Task task, String code) {
    return new EvaluationUnit(model, data, task, code);
  }

  private static EvaluatedModel precision(String precision) {
    return new EvaluatedModel(
        MODEL.run(), MODEL.checkpoint(), 10, 640, 23040, 12.5, "w1", precision);
  }

  private static EvaluationData data(String sha256, long limit, int byteTokens) {
    return new EvaluationData("data", sha256, limit, byteTokens);
  }

  private static SudokuTask sudoku(RevealOrder order, int tokensPerStep, int batchSize, long seed) {
    return new SudokuTask(new SamplerConfig(order, tokensPerStep, batchSize, seed));
  }

  private static NllTask nll(int strata, int replicates, int batchSize, long seed) {
    return new NllTask(new LikelihoodConfig(strata, replicates, batchSize, seed));
  }
}
