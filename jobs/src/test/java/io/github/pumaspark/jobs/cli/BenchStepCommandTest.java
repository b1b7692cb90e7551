package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BenchStepCommandTest {
  private static final List<String> TINY =
      List.of(
          "network.max-positions=12",
          "network.width=16",
          "network.layers=1",
          "network.heads=2",
          "network.key-value-heads=2",
          "network.feed-forward-width=24",
          "train.global-batch-size=4");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({
    "--precision, fp16, fp32 or bf16",
    "--threads, 0, at least 1",
    "--rounds, 0, at least 1",
    "--steps, -1, at least 0",
    "--peer, jax, 'none, pytorch-eager or pytorch-autocast'",
    "--peer-attention, flash, default or math",
  })
  void aWrongFlagIsNamedWithItsRule(String flag, String value, String rule) {
    assertThat(run("--preset", "sudoku", flag, value)).isEqualTo(2);
    assertThat(errors())
        .containsExactly("puma: error: Invalid " + flag + ": " + value + " (must be " + rule + ")");
  }

  @Test
  void anUnknownPresetIsOneLine() {
    assertThat(run("--preset", "chess")).isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0)).contains("chess").contains("sudoku");
  }

  @Test
  void withoutSizesThereIsNothingToMeasure() {
    assertThat(run()).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Missing network.vocab-size or network.max-positions: there is no dataset"
                + " to take them from; choose a --preset or set both.");
  }

  @Test
  void anInterpreterWithoutTorchIsFoundBeforeAnythingIsMeasured() {
    assertThat(run("--preset", "sudoku", "--peer", "pytorch-eager", "--python", "/nowhere/python"))
        .isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0)).contains("'/nowhere/python' has no torch").contains("pip install");
  }

  @Test
  void aDryRunPrintsWhatWouldBeMeasured() {
    assertThat(run("--preset", "tinygsm", "--precision", "bf16", "--dry-run")).isZero();
    assertThat(out.toString())
        .contains("network.vocab-size = 151645", "run.preset = \"tinygsm\"")
        .contains("train.precision = \"bf16\"");
  }

  @Test
  void printsOneJsonObjectOnOneLine() throws IOException {
    Stream<String> flags =
        Stream.of(
            "--preset", "sudoku", "--threads", "1", "--rounds", "2", "--steps", "3", "--json");

    assertThat(run(Stream.concat(flags, TINY.stream()).toArray(String[]::new))).isZero();

    assertThat(out.toString().lines()).hasSize(1);
    JsonNode fields = new JsonMapper().readTree(out.toString());
    assertThat(fields.properties())
        .extracting(entry -> entry.getKey())
        .contains(
            "tokens_per_second",
            "phases",
            "achieved_gflops",
            "flops_formula",
            "roof_gflops",
            "roof_ratio",
            "memory_over_state_mb",
            "state_mb",
            "outside_kernels_ratio")
        .doesNotContain("peer_ratio");
    assertThat(fields.path("steps").asInt()).isEqualTo(6);
    assertThat(fields.path("tokens_per_second").asDouble()).isPositive();
    assertThat(fields.path("phases").properties())
        .extracting(entry -> entry.getKey())
        .containsExactly("forward", "backward", "optimizer", "masking", "other");
    // Of 4 rows of 12 positions half are given.
    assertThat(fields.path("masked_positions").asDouble()).isBetween(1.0, 24.0);
  }

  private int run(String... arguments) {
    return Puma.run(
        Puma.commandLine(),
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        Stream.concat(Stream.of("bench", "step"), Stream.of(arguments)).toArray(String[]::new));
  }

  private List<String> errors() {
    return err.toString().lines().toList();
  }
}
