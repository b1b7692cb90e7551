package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunReaderTest {
  @TempDir private Path directory;

  @Test
  void stepsLoggedAgainAfterAResumeReplaceTheLostOnes() throws IOException {
    metrics("{\"step\":1,\"loss\":1.0}", "{\"step\":2,\"loss\":2.0}", "{\"step\":4,\"loss\":4.0}");
    append("{\"step\":2,\"loss\":2.5}", "{\"step\":3,\"loss\":3.5}");

    assertThat(read().metrics())
        .extracting(MetricRecord::step, MetricRecord::loss)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1L, 1.0),
            org.assertj.core.groups.Tuple.tuple(2L, 2.5),
            org.assertj.core.groups.Tuple.tuple(3L, 3.5));
  }

  @Test
  void aLineCutShortByAKillIsSkippedAndNoted() throws IOException {
    metrics("{\"step\":1,\"loss\":NaN,\"unheard-of\":[]}", "{\"step\":2,\"lo");

    RunRecord run = read();

    assertThat(run.metrics()).hasSize(1);
    assertThat(run.last().loss()).isNaN();
    assertThat(run.notes())
        .contains(
            "Skipped 1 unreadable line(s) of metrics.jsonl, as a killed driver may leave them.");
  }

  @Test
  void onlyCommittedCheckpointsCount() throws IOException {
    metrics("{\"step\":10}");
    checkpoint("step-00000020", "{\"step\":20,\"world_size\":3}", true);
    checkpoint("step-00000010", "{\"step\":10,\"world_size\":2}", true);
    checkpoint("step-00000030", "{\"step\":30}", false);

    RunRecord run = read();

    assertThat(run.checkpoints()).extracting(CheckpointRecord::step).containsExactly(10L, 20L);
    assertThat(run.worldSize()).isEqualTo(3);
  }

  @Test
  void settingsAreFlatAndKeepSecretsToThemselves() throws IOException {
    metrics("{\"step\":1}");
    StudyFixture.write(
        directory.resolve("config.json"),
        """
        {"train":{"steps":5,"orders":["a","b"]},"fs":{"s3a":{"secret":{"key":"hush"},
         "access.key":"hush"}},"evaluate":{"tokens-per-step":2},"runs":{}}
        """);

    assertThat(read().settings())
        .containsOnly(
            java.util.Map.entry("train.steps", "5"),
            java.util.Map.entry("train.orders", "[\"a\",\"b\"]"),
            java.util.Map.entry("fs.s3a.secret.key", "(hidden)"),
            java.util.Map.entry("fs.s3a.access.key", "(hidden)"),
            java.util.Map.entry("evaluate.tokens-per-step", "2"),
            java.util.Map.entry("runs", "{}"));
  }

  @Test
  void aBrokenConfigurationIsAUserError() {
    metrics("{\"step\":1}");
    StudyFixture.write(directory.resolve("config.json"), "{");

    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(this::read)
        .withMessage(
            "Cannot report run '"
                + directory
                + "': its config.json is not JSON at line 1, column 2");
  }

  private RunRecord read() throws IOException {
    return new RunReader(new Configuration())
        .read("run", new org.apache.hadoop.fs.Path(directory.toString()));
  }

  private void metrics(String... lines) {
    StudyFixture.write(directory.resolve("metrics.jsonl"), String.join("\n", lines));
  }

  private void append(String... lines) throws IOException {
    Path file = directory.resolve("metrics.jsonl");
    StudyFixture.write(file, Files.readString(file) + "\n" + String.join("\n", lines));
  }

  private void checkpoint(String name, String state, boolean committed) {
    Path checkpoint = directory.resolve("checkpoints").resolve(name);
    StudyFixture.write(checkpoint.resolve("state.json"), state);
    if (committed) {
      StudyFixture.write(checkpoint.resolve("COMMITTED"), "");
    }
  }
}
