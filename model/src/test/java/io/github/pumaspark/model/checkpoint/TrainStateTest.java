package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.token.ByteTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TrainStateTest {
  private static final Path FILE = new Path("/runs/puma/state.json");

  @Test
  void theJsonIsOneFlatObject() throws IOException {
    TrainState state = States.of(1000, new CheckpointFile("model.safetensors", "a".repeat(64)));

    JsonNode json = new ObjectMapper().readTree(state.toJson());

    assertThat(json.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "schema_version",
            "run_id",
            "run_name",
            "parent_run",
            "parent_checkpoint",
            "stage",
            "seed",
            "code_version",
            "step",
            "tokens",
            "sequences",
            "seconds",
            "learning_rate",
            "lr_decay_fraction",
            "cursor",
            "updates",
            "recent_losses",
            "dataset_manifest_sha256",
            "tokenizer_sha256",
            "tokenizer",
            "sequence_length",
            "precision",
            "world_size",
            "threads",
            "files");
    assertThat(json.path("step").asLong()).isEqualTo(1000);
    assertThat(json.path("parent_run").isNull()).isTrue();
    assertThat(json.path("cursor").toString()).isEqualTo("[32000]");
    assertThat(json.path("files").toString())
        .isEqualTo("{\"model.safetensors\":\"" + "a".repeat(64) + "\"}");
  }

  @Test
  void aStateSurvivesARoundTrip() throws IOException {
    TrainState state =
        new TrainState(
            2,
            new TrainState.Lineage("r2", "second", "r1", "step-00000500", "anneal", -1, "dirty"),
            new TrainState.Progress(
                Long.MAX_VALUE,
                1,
                2,
                0.1,
                1e-300,
                1,
                List.of(5L, Long.MAX_VALUE),
                Long.MAX_VALUE - 1,
                List.of(0.1, 1e-300)),
            States.dataset(new ByteTokenizer().spec()),
            new TrainState.Execution("bf16", 64, 8),
            States.of(1, new CheckpointFile("a", "f".repeat(64))).files());

    assertThat(parse(state.toJson())).isEqualTo(state);
    assertThat(parse(States.of(3).toJson())).isEqualTo(States.of(3));
  }

  @Test
  void anotherSchemaIsRefusedByNumber() {
    assertThatThrownBy(() -> parse("{\"schema_version\":3,\"new_key\":[]}"))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessage(
            "Cannot read checkpoint file '/runs/puma/state.json': schema 3, this build reads 1"
                + " to 2. Use a newer build.");
  }

  @Test
  void stepsOfTheFirstSchemaWereAllUpdates() throws IOException {
    String json =
        States.of(5)
            .toJson()
            .replace("\"schema_version\" : 2", "\"schema_version\" : 1")
            .replaceAll("(?m)^ *\"(updates|recent_losses)\" : .*\n", "");
    assertThat(json).doesNotContain("updates");

    TrainState state = parse(json);

    assertThat(state).isEqualTo(States.of(5));
    assertThat(state.progress().updates()).isEqualTo(5);
    assertThat(state.progress().recentLosses()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"world_size\" : 2 | \"world_size\" : 0 | Invalid world_size: 0 (must be positive)",
        "\"world_size\" : 2, | ~~ | world_size: Cannot map",
        "\"run_id\" : | \"run\" : | 'run_id is missing'",
        "\"mask_id\" : 7 | \"mask_id\" : 6 | Invalid tokenizer_sha256: ",
        "\"step\" : 5 | \"step\" : -5 | Invalid step: -5",
        "\"step\" : 5 | \"step\" : \"five\" | \"five\"",
        "\"updates\" : 5 | \"updates\" : 6 | Invalid updates: 6 (must be in [0, 5])",
        "\"model.safetensors\" : | \"../model\" : | Invalid checkpoint file name: '../model'",
        "{ | [ | not a train state",
      })
  void aStateThatMakesNoSenseIsNamed(String valid, String broken, String message) {
    String json = States.of(5, new CheckpointFile("model.safetensors", "a".repeat(64))).toJson();
    assertThat(json).contains(valid);

    assertThatThrownBy(() -> parse(json.replace(valid, broken)))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("'/runs/puma/state.json'")
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  private static TrainState parse(String json) throws IOException {
    return TrainState.parse(FILE, json.getBytes(StandardCharsets.UTF_8));
  }
}
