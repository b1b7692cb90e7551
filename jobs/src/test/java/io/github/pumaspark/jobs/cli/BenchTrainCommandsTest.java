package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BenchTrainCommandsTest {
  private static final List<String> SMALL =
      List.of(
          "--preset",
          "tiny",
          "network.max-positions=12",
          "network.width=16",
          "network.feed-forward-width=24");

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({
    "train, --ranks, 1, '[2, 16]'",
    "train, --rows, -1, '[1, 65536]'",
    "train, --rounds, 0, '[1, 1000]'",
    "train, --steps, -1, '[0, 100000]'",
    "checkpoint, --rounds, 0, '[1, 1000]'",
    "checkpoint, --steps, 0, '[1, 1000]'",
    "recovery, --rounds, 0, '[1, 100]'",
    "recovery, --limit, 0, '[1, 3600]'",
  })
  void aNumberOutOfRangeIsNamedWithItsRange(
      String command, String flag, String value, String range) {
    assertThat(run(command, "--preset", "tiny", flag, value)).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Invalid " + flag + ": " + value + " (must be in " + range + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "train, --precision, fp16, fp32 or bf16",
    "recovery, --fault, fire, kill or stop",
    "recovery, --preset, chess, sudoku or tiny",
  })
  void aWrongWordIsNamedWithItsRule(String command, String flag, String value, String rule) {
    assertThat(run(command, flag, value)).isEqualTo(2);
    assertThat(errors())
        .containsExactly("puma: error: Invalid " + flag + ": " + value + " (must be " + rule + ")");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "checkpoint"})
  void withoutSizesThereIsNothingToMeasure(String command) {
    assertThat(run(command)).isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0)).contains("network.vocab-size").contains("--preset");
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "checkpoint", "recovery"})
  void helpShowsDefaultsAndADryRunTheSettings(String command) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString()).contains("--rounds").contains("Default: ");
    assertThat(run(command, "--preset", "tiny", "--dry-run")).isZero();
    assertThat(out.toString()).contains("run.preset = \"tiny\"");
  }

  @Test
  void trainingWithAndWithoutCommunicationIsOneJsonObject() throws IOException {
    JsonNode fields = json("train", "--rows", "2", "--rounds", "1", "--steps", "2", "--json");

    assertThat(fields.properties())
        .extracting(Map.Entry::getKey)
        .contains("ratio_spread", "scaling", "roof_scaling", "micro_batch_size", "path");
    assertThat(fields.path("ratio").asDouble()).isPositive();
    assertThat(fields.path("exposed_communication").asDouble())
        .isEqualTo(1 - fields.path("ratio").asDouble());
    assertThat(fields.path("phases").has("communication")).isTrue();
    assertThat(fields.path("rows_per_rank").asInt()).isEqualTo(2);
  }

  @Test
  void aCheckpointIsMeasuredAndLeavesNoFiles() throws IOException {
    JsonNode fields =
        json(
            "checkpoint",
            "--directory",
            folder.toString(),
            "--threads",
            "1",
            "--rounds",
            "1",
            "--steps",
            "1",
            "--rows",
            "2",
            "--json",
            "optimizer.ema-decay=0.5");

    // Weights, two moments, average.
    long tensors = 16 * fields.path("parameters").asLong();
    assertThat(fields.path("bytes").asLong()).isBetween(tensors, 3 * tensors);
    assertThat(fields.path("excess_ms").isNumber()).isTrue();
    assertThat(fields.path("written_seconds").asDouble()).isPositive();
    assertThat(folder).isEmptyDirectory();
  }

  private JsonNode json(String... arguments) throws IOException {
    assertThat(run(Stream.concat(Stream.of(arguments), SMALL.stream()).toArray(String[]::new)))
        .as(err.toString())
        .isZero();
    assertThat(out.toString().lines()).hasSize(1);
    return new JsonMapper().readTree(out.toString());
  }

  private int run(String... arguments) {
    return Puma.run(
        Puma.commandLine(),
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        Stream.concat(Stream.of("bench"), Stream.of(arguments)).toArray(String[]::new));
  }

  private List<String> errors() {
    return err.toString().lines().toList();
  }
}
