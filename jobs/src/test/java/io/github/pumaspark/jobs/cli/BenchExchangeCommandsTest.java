package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BenchExchangeCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({
    "--ranks, 1, '[2, 64]'",
    "--megabytes, 0, '[1, 8000]'",
    "--rounds, 0, '[1, 1000]'",
    "--iterations, -1, '[0, 100000]'",
  })
  void aNumberOutOfRangeIsNamedWithItsRange(String flag, String value, String range) {
    assertThat(run("allreduce", flag, value)).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Invalid " + flag + ": " + value + " (must be in " + range + ")");
  }

  @ParameterizedTest
  @CsvSource({
    "--path, pigeon, shm or tcp",
    "--wire, fp8, fp32 or bf16",
    "--peer, nccl, none or gloo",
    "--link, 2gbit, 'none, 1gbit, 5gbit, 10gbit'",
  })
  void aWrongWordIsNamedWithItsRule(String flag, String value, String rule) {
    assertThat(run("allreduce", flag, value)).isEqualTo(2);
    assertThat(errors())
        .containsExactly("puma: error: Invalid " + flag + ": " + value + " (must be " + rule + ")");
  }

  @Test
  void sharedMemoryDoesNotPassALink() {
    assertThat(run("allreduce", "--link", "1gbit", "--path", "shm")).isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0)).contains("--path: shm").contains("tcp");
  }

  @Test
  void tooManyConnectionsAreNamedByTheirFlag() {
    assertThat(run("allreduce", "--path", "tcp", "--connections", "65")).isEqualTo(2);
    assertThat(errors()).containsExactly("puma: error: --connections must be in [0, 64]: 65");
  }

  @ParameterizedTest
  @ValueSource(strings = {"shm", "tcp"})
  void anAllReduceOfTwoProcessesIsOneJsonObject(String path) throws IOException {
    JsonNode fields =
        json(
            "allreduce",
            "--megabytes",
            "1",
            "--path",
            path,
            "--rounds",
            "2",
            "--iterations",
            "2",
            "--json");

    assertThat(fields.properties())
        .extracting(Map.Entry::getKey)
        .contains(
            "algbw_gb_per_s",
            "busbw_spread_gb_per_s",
            "limit_ratio",
            "first_seconds",
            "load_average_before")
        .doesNotContain("peer_ratio", "skipped");
    assertThat(fields.path("busbw_gb_per_s").asDouble()).isPositive();
    assertThat(fields.path("limit_gb_per_s").asDouble()).isPositive();
    assertThat(fields.path("limit").asText())
        .isEqualTo(path.equals("tcp") ? "raw streams" : "memory copies");
    assertThat(fields.path("correct").asBoolean()).isTrue();
  }

  @Test
  void aVoteHasPercentiles() throws IOException {
    JsonNode fields = json("vote", "--ranks", "2", "--rounds", "20", "--json");

    assertThat(fields.path("record_bytes").asInt()).isEqualTo(64);
    assertThat(fields.path("p50_ms").asDouble()).isPositive();
    assertThat(fields.path("p99_ms").asDouble())
        .isBetween(fields.path("p50_ms").asDouble(), fields.path("max_ms").asDouble());
  }

  @ParameterizedTest
  @ValueSource(strings = {"allreduce", "vote"})
  void helpShowsDefaults(String command) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString()).contains("--ranks").contains("Default: ");
  }

  private JsonNode json(String... arguments) throws IOException {
    assertThat(run(arguments)).as(err.toString()).isZero();
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
