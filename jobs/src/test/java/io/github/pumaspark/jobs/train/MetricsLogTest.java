package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.model.coordination.StepReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsLogTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir Path directory;

  @Test
  void aLineHoldsWhatTheStepReported() throws IOException {
    MetricsLog log = open(0);

    log.add(
        new StepReport(
            10,
            1.5,
            0.25,
            3.0,
            1e-3,
            40,
            640,
            2.0,
            Map.of("optimizer", 0.5, "masking", 0.25),
            List.of()));
    log.flush();

    assertThat(lines())
        .containsExactly(
            new ObjectMapper()
                .readTree(
                    """
                    {"step": 10, "seconds": 2.0, "loss": 1.5, "mask_ratio": 0.25,
                     "learning_rate": 0.001, "gradient_norm": 3.0, "tokens": 640, "sequences": 40,
                     "tokens_per_second": 320.0,
                     "phase_seconds": {"masking": 0.25, "optimizer": 0.5}}\
                    """));
  }

  @Test
  void throughputIsThatSinceTheLineBefore() throws IOException {
    MetricsLog log = open(0);

    log.add(report(1, 1.0));
    log.add(report(2, 1.5));
    log.flush();

    assertThat(lines().get(1).path("tokens_per_second").asDouble()).isCloseTo(200, within(1e-9));
  }

  @Test
  void nothingIsVisibleBeforeTheFlush() throws IOException {
    MetricsLog log = open(0);

    log.add(report(1, 1.0));

    assertThat(directory.resolve("metrics.jsonl")).doesNotExist();
  }

  @Test
  void stepsAfterTheCheckpointAreForgottenAndDoneAgain() throws IOException {
    MetricsLog before = open(0);
    before.add(report(1, 1.0));
    before.add(report(2, 2.0));
    before.add(report(3, 3.0));
    before.flush();

    MetricsLog resumed = open(2);
    resumed.add(report(3, 30.0));
    resumed.add(report(4, 31.0));
    resumed.flush();

    assertThat(lines().stream().map(line -> line.path("step").asLong()))
        .containsExactly(1L, 2L, 3L, 4L);
    assertThat(lines().get(2).path("seconds").asDouble()).isEqualTo(30.0);
    // 100 tokens since step 2, which ended at 2 s
    assertThat(lines().get(2).path("tokens_per_second").asDouble())
        .isCloseTo(100 / 28.0, within(1e-9));
  }

  @Test
  void aRunFromItsFirstStepForgetsEverything() throws IOException {
    MetricsLog before = open(0);
    before.add(report(7, 1.0));
    before.flush();

    MetricsLog again = open(0);
    again.add(report(1, 1.0));
    again.flush();

    assertThat(lines().stream().map(line -> line.path("step").asLong())).containsExactly(1L);
  }

  private MetricsLog open(long step) throws IOException {
    return new MetricsLog(
        new org.apache.hadoop.fs.Path(directory.resolve("metrics.jsonl").toUri()), LOCAL, step);
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static StepReport report(long step, double seconds) {
    return new StepReport(
        step, 1.0, 0.5, 1.0, 1e-3, 4 * step, 100 * step, seconds, Map.of(), List.of());
  }
}
