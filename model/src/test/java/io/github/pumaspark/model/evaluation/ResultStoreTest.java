package io.github.pumaspark.model.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.sampling.RevealOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResultStoreTest {
  private static final EvaluatedModel MODEL = Units.model("puma", 10, "w1");
  private static final EvaluationUnit SUDOKU = Units.sudoku(MODEL, RevealOrder.MAX_PROB);
  private static final EvaluationUnit NLL = Units.nll(MODEL);

  @TempDir private java.nio.file.Path root;
  private java.nio.file.Path results;
  private ResultStore store;

  @BeforeEach
  void openStore() {
    results = root.resolve("results");
    store = new ResultStore(new Path(results.toUri()), new Configuration());
  }

  @Test
  void anEmptyStoreHasNothing() throws Exception {
    assertThat(store.find(SUDOKU)).isEmpty();
    assertThat(store.all()).isEmpty();
  }

  @Test
  void whatWasPutIsFoundWithItsSamples() throws Exception {
    Evaluation sudoku = Units.evaluate(SUDOKU, Units.TIME);
    Evaluation nll = Units.evaluate(NLL, Units.TIME);
    store.put(sudoku);
    store.put(nll);

    assertThat(store.find(SUDOKU)).contains(sudoku.result());
    assertThat(store.find(Units.sudoku(MODEL, RevealOrder.MARGIN))).isEmpty();
    assertThat(store.all()).containsExactlyInAnyOrder(sudoku.result(), nll.result());
    assertThat(store.samples(nll.result())).isEqualTo(nll.samples()).hasLineCount(2);
    assertThat(files().keySet())
        .containsExactlyInAnyOrder(
            "puma__step00000010-" + SUDOKU.key() + ".json",
            SUDOKU.key() + ".samples.jsonl",
            "puma__step00000010-" + NLL.key() + ".json",
            NLL.key() + ".samples.jsonl");
  }

  @Test
  void puttingTheSameAgainChangesNoByte() throws Exception {
    store.put(Units.evaluate(SUDOKU, Units.TIME));
    Map<String, String> before = files();

    store.put(Units.evaluate(SUDOKU, Units.TIME));

    assertThat(files()).isEqualTo(before);
  }

  @Test
  void damagedResultsAreComputedAgain() throws Exception {
    Evaluation evaluation = Units.evaluate(SUDOKU, Units.TIME);
    java.nio.file.Path file = results.resolve("puma__step00000010-" + SUDOKU.key() + ".json");
    String whole = evaluation.result().toJson();
    for (String damaged :
        List.of(
            "",
            "[]",
            "null",
            whole.substring(0, whole.length() / 2),
            whole.replace("\"n\": 3,", "\"n\": 4,"),
            whole.replace("\"schema_version\": 1", "\"schema_version\": 9"))) {
      store.put(evaluation);
      assertThat(store.find(SUDOKU)).isPresent();
      assertThat(damaged).isNotEqualTo(whole);
      Files.writeString(file, damaged);

      assertThat(store.find(SUDOKU)).as(damaged).isEmpty();
      assertThat(store.all()).isEmpty();
    }
    store.put(evaluation);
    assertThat(store.find(SUDOKU)).contains(evaluation.result());
  }

  @Test
  void aResultUnderTheNameOfAnotherKeyIsNotBelieved() throws Exception {
    store.put(Units.evaluate(SUDOKU, Units.TIME));
    Files.move(
        results.resolve("puma__step00000010-" + SUDOKU.key() + ".json"),
        results.resolve("puma__step00000010-" + NLL.key() + ".json"));

    assertThat(store.find(NLL)).isEmpty();
  }

  @Test
  void resultsWithoutTheirSamplesAreComputedAgain() throws Exception {
    Evaluation evaluation = Units.evaluate(NLL, Units.TIME);
    java.nio.file.Path samples = results.resolve(NLL.key() + ".samples.jsonl");
    store.put(evaluation);
    Files.writeString(samples, evaluation.samples().substring(1));

    assertThat(store.find(NLL)).isEmpty();
    assertThatThrownBy(() -> store.samples(evaluation.result()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(NLL.key())
        .hasMessageEndingWith("run the evaluation again");

    Files.delete(samples);
    assertThat(store.find(NLL)).isEmpty();
  }

  /** Two runs that start from the same weights share one computation but both have a result. */
  @Test
  void equalWeightsOfAnotherRunAreNotComputedTwice() throws Exception {
    Evaluation evaluation = Units.evaluate(SUDOKU, Units.TIME);
    store.put(evaluation);
    EvaluatedModel twin = Units.model("baseline", 0, "w1");

    EvaluationResult found = store.find(Units.sudoku(twin, RevealOrder.MAX_PROB)).orElseThrow();

    assertThat(found.unit().model()).isEqualTo(twin);
    assertThat(found.metrics()).isEqualTo(evaluation.result().metrics());
    assertThat(store.all()).containsExactlyInAnyOrder(evaluation.result(), found);
  }

  @Test
  void unfinishedWritesAndStrangersAreSkipped() throws Exception {
    Evaluation evaluation = Units.evaluate(SUDOKU, Units.TIME);
    store.put(evaluation);
    Files.writeString(results.resolve(".tmp-x-" + SUDOKU.key() + ".json"), "{");
    Files.writeString(results.resolve("notes.json"), "{}");

    assertThat(store.all()).containsExactly(evaluation.result());
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<java.nio.file.Path> files = Files.list(results)) {
      for (java.nio.file.Path file : (Iterable<java.nio.file.Path>) files::iterator) {
        contents.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return contents;
  }
}
