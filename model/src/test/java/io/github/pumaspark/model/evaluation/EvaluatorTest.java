package io.github.pumaspark.model.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.sampling.FakePredictor;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.Rows;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

final class EvaluatorTest {
  private static final EvaluatedModel MODEL = Units.model("puma", 10, "w1");

  @Test
  void theResultsJsonHasTheAgreedFields() throws Exception {
    EvaluationResult result =
        Units.evaluate(Units.sudoku(MODEL, RevealOrder.MAX_PROB), Units.TIME).result();

    JsonNode json = new ObjectMapper().readTree(result.toJson());

    assertThat(json.path("schema_version").asInt()).isEqualTo(1);
    assertThat(json.path("key").asText()).isEqualTo(result.key());
    assertThat(json.path("run").asText()).isEqualTo("puma");
    assertThat(json.path("checkpoint").asText()).isEqualTo("runs/puma/checkpoints/10");
    assertThat(json.path("step").asLong()).isEqualTo(10);
    assertThat(json.path("sequences").asLong()).isEqualTo(640);
    assertThat(json.path("tokens").asLong()).isEqualTo(23040);
    assertThat(json.path("train_seconds").asDouble()).isEqualTo(12.5);
    assertThat(json.path("task").asText()).isEqualTo("sudoku");
    assertThat(json.path("data").asText()).isEqualTo("data/validation");
    assertThat(json.path("data_sha256").asText()).isEqualTo("d5");
    assertThat(json.path("sampler").path("order").asText()).isEqualTo("max-prob");
    assertThat(json.path("sampler").path("tokens_per_step").asInt()).isEqualTo(1);
    assertThat(json.path("n").asInt()).isEqualTo(3);
    JsonNode exactMatch = json.path("metrics").path("exact_match");
    assertThat(exactMatch.path("value").isNumber()).isTrue();
    assertThat(exactMatch.path("standard_error").isNumber()).isTrue();
    assertThat(exactMatch.path("ci95").size()).isEqualTo(2);
    assertThat(json.path("forward_passes").asLong()).isEqualTo(3 + 11);
    assertThat(json.path("seconds").isNumber()).isTrue();
  }

  @Test
  void resultsReadBackWhole() {
    for (EvaluationUnit unit :
        List.of(Units.sudoku(MODEL, RevealOrder.ENTROPY), Units.nll(MODEL))) {
      EvaluationResult result = Units.evaluate(unit, Units.TIME).result();

      assertThat(EvaluationResult.fromJson(result.toJson())).isEqualTo(result);
    }
  }

  @Test
  void anyAlteredDigitIsNoticed() {
    String json = Units.evaluate(Units.nll(MODEL), Units.TIME).result().toJson();
    String altered = json.replace("\"step\": 10", "\"step\": 20");

    assertThat(altered).isNotEqualTo(json);
    assertThatThrownBy(() -> EvaluationResult.fromJson(altered))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the checksum does not match");
  }

  @Test
  void aNewerSchemaIsNotRead() {
    String json = Units.evaluate(Units.nll(MODEL), Units.TIME).result().toJson();

    assertThatThrownBy(
            () ->
                EvaluationResult.fromJson(
                    json.replace("\"schema_version\": 1", "\"schema_version\": 2")))
        .hasMessage("schema version 2, this build reads 1");
  }

  @Test
  void rowsThatDoNotFitAreTheUsersMistake() {
    Evaluator evaluator = new Evaluator(Clock.systemUTC(), "CPU");
    EvaluationUnit unit = Units.nll(MODEL);

    assertThatThrownBy(
            () ->
                evaluator.evaluate(
                    unit,
                    FakePredictor.uniform(9, 4, 3),
                    List.of(Rows.of(0, new int[8], "????????"))))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot evaluate 'puma/step00000010' on 'data/validation': rows have 8 positions, the"
                + " model takes 9");
    assertThatThrownBy(() -> evaluator.evaluate(unit, FakePredictor.uniform(9, 4, 3), List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot evaluate 'puma/step00000010' on 'data/validation': the dataset has no rows");
  }

  /** What Python's json.dumps(doc, indent=2, ensure_ascii=False) prints. */
  @Test
  void documentHashesAreThoseLmEvalWouldCompute() {
    JsonNode doc =
        ResultJson.parse("{\"row_id\":7,\"puzzle\":\"12\",\"list\":[1,2],\"empty\":{},\"n\":[]}");

    assertThat(ResultJson.pythonIndented(doc))
        .isEqualTo(
            """
            {
              "row_id": 7,
              "puzzle": "12",
              "list": [
                1,
                2
              ],
              "empty": {},
              "n": []
            }""");
  }
}
