package io.github.pumaspark.jobs.tracking;

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
  void aLineHoldsWhatTheRanksReported() throws IOException {
    StragglerWatch stragglers = new StragglerWatch();
    for (long step = 1; step <= 10; step++) {
      stragglers.add(step, List.of(Map.of("optimizer", 0.5), Map.of("optimizer", 0.75)));
    }
    try (RecordLog log = open(3, 0)) {
      new MetricsLog(log)
          .add(
              List.of(
                  report(10, 1.5, Map.of("optimizer", 0.5, "communication", 0.5)),
                  report(10, 1.5, Map.of("optimizer", 0.75, "communication", 0.25))),
              stragglers);
    }

    assertThat(lines())
        .containsExactly(
            new ObjectMapper()
                .readTree(
                    """
                    {"step": 10, "generation": 3, "void": false,
                     "seconds": 2.0, "loss": 1.5, "mask_ratio": 0.25,
                     "learning_rate": 0.001, "gradient_norm": 3.0, "tokens": 640, "sequences": 40,
                     "tokens_per_second": 320.0, "exposed_communication": 0.25, "world_size": 2,
                     "slowest_rank": 1, "slowest_ratio": 1.5, "slow_ranks": [1],
                     "phase_seconds": {"communication": 0.5, "optimizer": 0.5},
                     "ranks": {"communication": [0.5, 0.25], "optimizer": [0.5, 0.75]}}\
                    """));
  }

  @Test
  void aLossThatIsNotFiniteIsNull() throws IOException {
    try (RecordLog log = open(0, 0)) {
      new MetricsLog(log).add(List.of(report(10, Double.NaN, Map.of())), new StragglerWatch());
    }

    assertThat(lines().get(0).path("loss").isNull()).isTrue();
  }

  @Test
  void throughputIsThatSinceTheLineBeforeAlsoAfterAResume() throws IOException {
    try (RecordLog log = open(0, 0)) {
      MetricsLog metrics = new MetricsLog(log);
      metrics.add(report(1, 1.0), new StragglerWatch());
      metrics.add(report(2, 1.5), new StragglerWatch());
      metrics.add(report(3, 3.0), new StragglerWatch());
    }
    try (RecordLog log = open(1, 2)) {
      assertThat(new MetricsLog(log).add(report(3, 26.5), new StragglerWatch()))
          // 100 tokens since step 2, which ended at 1.5 s
          .isCloseTo(100 / 25.0, within(1e-9));
    }

    assertThat(lines().get(1).path("tokens_per_second").asDouble()).isCloseTo(200, within(1e-9));
    assertThat(lines().get(3).path("tokens_per_second").asDouble()).isCloseTo(4, within(1e-9));
  }

  private RecordLog open(int generation, long step) throws IOException {
    return RecordLog.open(
        new org.apache.hadoop.fs.Path(directory.resolve("metrics.jsonl").toUri()),
        LOCAL,
        generation,
        step);
  }

  private List<JsonNode> lines() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("metrics.jsonl"))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }

  private static StepReport report(long step, double loss, Map<String, Double> phases) {
    return new StepReport(step, loss, 0.25, 3.0, 1e-3, 40, 640, 2.0, phases, List.of());
  }

  private static List<StepReport> report(long step, double seconds) {
    return List.of(
        new StepReport(
            step, 1.0, 0.5, 1.0, 1e-3, 4 * step, 100 * step, seconds, Map.of(), List.of()));
  }
}
