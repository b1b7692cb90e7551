package io.github.pumaspark.model.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.sampling.RevealOrder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LmEvalLayoutTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EvaluatedModel MODEL = Units.model("puma", 10, "w1");
  private static final String TIME = "2026-01-31T12-34-56.789012";

  @TempDir private java.nio.file.Path root;
  private java.nio.file.Path output;
  private ResultStore store;
  private LmEvalLayout layout;

  @BeforeEach
  void openStore() {
    output = root.resolve("lm-eval");
    store = new ResultStore(new Path(root.resolve("results").toUri()), new Configuration());
    layout = new LmEvalLayout(new Path(output.toUri()), new Configuration());
  }

  @Test
  void everyModelHasOneResultsFileAndSamplesPerTask() throws Exception {
    put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    put(Units.sudoku(MODEL, RevealOrder.LEFT_TO_RIGHT), -5);
    put(Units.nll(Units.model("baseline", 20, "w2")), -5);

    layout.write(store, store.all());

    assertThat(files())
        .containsExactly(
            "baseline__step00000020/results_2026-01-31T12-34-51.789012.json",
            "baseline__step00000020/samples_nll_4x2_2026-01-31T12-34-51.789012.jsonl",
            "puma__step00000010/results_" + TIME + ".json",
            "puma__step00000010/samples_sudoku_left_to_right_1_" + TIME + ".jsonl",
            "puma__step00000010/samples_sudoku_max_prob_1_" + TIME + ".jsonl");
  }

  @Test
  void resultsHaveLmEvalsKeysAndOursApart() throws Exception {
    EvaluationResult result = put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    layout.write(store, store.all());

    JsonNode json = read("puma__step00000010/results_" + TIME + ".json");

    List<String> keys = new ArrayList<>();
    json.fieldNames().forEachRemaining(keys::add);
    assertThat(keys)
        .containsExactlyInAnyOrder(
            "results group_subtasks configs versions n-shot higher_is_better n-samples config"
                .concat(" git_hash date pretty_env_info transformers_version lm_eval_version")
                .concat(" upper_git_hash tokenizer_pad_token tokenizer_eos_token")
                .concat(" tokenizer_bos_token eot_token_id max_length task_hashes")
                .concat(" model_source model_name model_name_sanitized system_instruction")
                .concat(" system_instruction_sha fewshot_as_multiturn chat_template")
                .concat(" chat_template_sha total_evaluation_time_seconds x_ts")
                .split(" "));
    JsonNode task = json.path("results").path("sudoku_max_prob_1");
    assertThat(task.path("sample_len").asInt()).isEqualTo(3);
    Metric exactMatch = result.metrics().get("exact_match");
    assertThat(task.path("exact_match,none").asDouble()).isEqualTo(exactMatch.value());
    assertThat(task.path("exact_match_stderr,none").asDouble())
        .isEqualTo(exactMatch.standardError());
    assertThat(task.path("forward_passes_p95_stderr,none").asText()).isEqualTo("N/A");
    assertThat(json.path("date").asDouble()).isEqualTo(1769862896.789012);
    assertThat(json.path("total_evaluation_time_seconds").isTextual()).isTrue();
    assertThat(json.path("model_name_sanitized").asText()).isEqualTo("puma__step00000010");
    JsonNode ours = json.path("x_ts");
    assertThat(ours.path("ckpt_sha256").asText()).isEqualTo("w1");
    JsonNode extras = ours.path("tasks").path("sudoku_max_prob_1");
    assertThat(extras.path("cache_key").asText()).isEqualTo(result.key());
    assertThat(extras.path("sampler").path("order").asText()).isEqualTo("max-prob");
    assertThat(extras.path("ci95").path("exact_match").size()).isEqualTo(2);
    assertThat(extras.path("mde").path("exact_match").isNumber()).isTrue();
  }

  @Test
  void samplesHaveLmEvalsFieldsAndHashes() throws Exception {
    put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    layout.write(store, store.all());

    List<String> lines =
        Files.readAllLines(
            output.resolve("puma__step00000010/samples_sudoku_max_prob_1_" + TIME + ".jsonl"));

    assertThat(lines).hasSize(3);
    StringBuilder hashes = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      JsonNode sample = JSON.readTree(lines.get(i));
      List<String> fields = new ArrayList<>();
      sample.fieldNames().forEachRemaining(fields::add);
      assertThat(fields)
          .startsWith(
              "doc_id",
              "doc",
              "target",
              "arguments",
              "resps",
              "filtered_resps",
              "filter",
              "metrics",
              "doc_hash",
              "prompt_hash",
              "target_hash")
          .contains("exact_match");
      assertThat(sample.path("doc_id").asInt()).isEqualTo(i);
      String prompt = sample.path("arguments").path("gen_args_0").path("arg_0").asText();
      assertThat(sample.path("prompt_hash").asText()).isEqualTo(sha256(prompt));
      assertThat(sample.path("target_hash").asText())
          .isEqualTo(sha256(sample.path("target").asText()));
      for (JsonNode metric : sample.path("metrics")) {
        assertThat(sample.path(metric.asText()).isDouble()).isTrue();
      }
      hashes
          .append(sample.path("doc_hash").asText())
          .append(sample.path("prompt_hash").asText())
          .append(sample.path("target_hash").asText());
    }
    assertThat(
            read("puma__step00000010/results_" + TIME + ".json")
                .path("task_hashes")
                .path("sudoku_max_prob_1")
                .asText())
        .isEqualTo(sha256(hashes.toString()));
  }

  @Test
  void writingAgainWritesNothing() throws Exception {
    put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    put(Units.nll(MODEL), 0);

    assertThat(layout.write(store, store.all())).hasSize(3);
    assertThat(layout.write(store, store.all())).isEmpty();
  }

  @Test
  void aLaterResultReplacesTheFilesItCompletes() throws Exception {
    put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    layout.write(store, store.all());
    Files.writeString(output.resolve("puma__step00000010/results_2020-01-01T00-00-00.json"), "{}");
    Files.writeString(output.resolve("puma__step00000010/results_2020-01-01T00-00-01.json"), "x");
    put(Units.nll(MODEL), 1);

    layout.write(store, store.all());

    assertThat(files())
        .containsExactly(
            "puma__step00000010/results_2020-01-01T00-00-00.json",
            "puma__step00000010/results_2020-01-01T00-00-01.json",
            "puma__step00000010/results_2026-01-31T12-34-57.789012.json",
            "puma__step00000010/samples_nll_4x2_2026-01-31T12-34-57.789012.jsonl",
            "puma__step00000010/samples_sudoku_max_prob_1_2026-01-31T12-34-57.789012.jsonl");
  }

  @Test
  void theLayoutCanBeRebuiltFromTheStore() throws Exception {
    put(Units.sudoku(MODEL, RevealOrder.MAX_PROB), 0);
    put(Units.nll(MODEL), 0);
    layout.write(store, store.all());
    List<String> before = contents();
    for (String file : files()) {
      Files.delete(output.resolve(file));
    }

    layout.write(store, store.all());

    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void equalSettingsOnDifferentRowsHaveDifferentNames() throws Exception {
    EvaluationUnit all = Units.nll(MODEL);
    EvaluationUnit first =
        new EvaluationUnit(
            MODEL, new EvaluationData("data/validation", "d5", 100, 0), all.task(), "abc123");
    put(all, 0);
    put(first, 0);

    layout.write(store, store.all());

    assertThat(files())
        .containsExactlyInAnyOrder(
            "puma__step00000010/results_" + TIME + ".json",
            "puma__step00000010/samples_nll_4x2_" + shortKey(all) + "_" + TIME + ".jsonl",
            "puma__step00000010/samples_nll_4x2_" + shortKey(first) + "_" + TIME + ".jsonl");
  }

  private EvaluationResult put(EvaluationUnit unit, long secondsLater) throws IOException {
    Evaluation evaluation = Units.evaluate(unit, Units.TIME.plusSeconds(secondsLater));
    store.put(evaluation);
    return evaluation.result();
  }

  private static String shortKey(EvaluationUnit unit) {
    return unit.key().substring(0, 8);
  }

  private List<String> files() throws IOException {
    try (Stream<java.nio.file.Path> files = Files.walk(output)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> output.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  private List<String> contents() throws IOException {
    List<String> contents = new ArrayList<>();
    for (String file : files()) {
      contents.add(file + Files.readString(output.resolve(file)));
    }
    return contents;
  }

  private JsonNode read(String file) throws IOException {
    return JSON.readTree(output.resolve(file).toFile());
  }

  private static String sha256(String text) {
    return Storage.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }
}
