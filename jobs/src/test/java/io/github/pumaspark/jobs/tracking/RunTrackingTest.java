package io.github.pumaspark.jobs.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunTrackingTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir Path directory;

  @Test
  void theLedgerHoldsEveryStepInRankOrderWhoeverReportsFirst() throws IOException {
    try (RunTracking tracking = open(true, 0, 0)) {
      tracking.stepCompleted(1, report(1, 7, 9));
      tracking.stepCompleted(1, report(2, 12, 11));
      tracking.stepCompleted(0, report(1, 3, 8));
      tracking.flush();

      assertThat(lines("ledger.jsonl"))
          .containsExactly("{\"step\":1,\"generation\":0,\"void\":false,\"positions\":[3,8,7,9]}");
      tracking.stepCompleted(0, report(2, 10, 1));
    }

    assertThat(lines("ledger.jsonl"))
        .contains("{\"step\":2,\"generation\":0,\"void\":false,\"positions\":[10,1,12,11]}");
  }

  @Test
  void aStepThatNotEveryRankReportedIsNoRecord() throws IOException {
    try (RunTracking tracking = open(true, 0, 0)) {
      tracking.stepCompleted(0, report(1, 3));
    }

    assertThat(lines("ledger.jsonl")).isEmpty();
    assertThat(lines("metrics.jsonl")).isEmpty();
  }

  @Test
  void whatIsNotVoidIsOneHistory() throws IOException {
    steps(0, 0, 6);
    steps(3, 4, 10);
    steps(4, 8, 9);

    List<Long> ledger = new ArrayList<>();
    for (String line : lines("ledger.jsonl")) {
      JsonNode record = new ObjectMapper().readTree(line);
      if (!record.path("void").asBoolean()) {
        ledger.add(record.path("step").asLong());
      }
    }
    assertThat(ledger).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    assertThat(lines("ledger.jsonl")).hasSize(6 + 6 + 1);
  }

  @Test
  void onlyLoggedStepsAreMetrics() throws IOException {
    steps(0, 0, 12);

    List<Long> logged = new ArrayList<>();
    for (String line : lines("metrics.jsonl")) {
      logged.add(new ObjectMapper().readTree(line).path("step").asLong());
    }
    assertThat(logged).containsExactly(1L, 4L, 8L, 12L);
  }

  @Test
  void withoutALedgerThereIsNoFile() throws IOException {
    open(false, 0, 0).close();

    assertThat(directory.resolve("ledger.jsonl")).doesNotExist();
    assertThat(RunTracking.isReported(config(false), 10)).isTrue();
    assertThat(RunTracking.isReported(config(false), 11)).isFalse();
  }

  @Test
  void eventsAndFailuresAreThereAtOnce() throws IOException {
    try (RunTracking tracking = open(false, 2, 0)) {
      tracking.stepCompleted(0, report(8));
      tracking.stepCompleted(1, report(8));
      tracking.event(1, new TrainEvent(9, "rollback", "Loss is not finite", List.of(5L, 6L)));
      tracking.failed("Lost rank 1");

      assertThat(lines("events.jsonl"))
          .containsExactly(
              "{\"step\":9,\"generation\":2,\"void\":false,\"rank\":1,\"kind\":\"rollback\","
                  + "\"reason\":\"Loss is not finite\",\"positions\":[5,6]}",
              "{\"step\":8,\"generation\":2,\"void\":false,\"kind\":\"failure\","
                  + "\"reason\":\"Lost rank 1\",\"positions\":[]}");
    }
  }

  @Test
  void theLineOfAnEventBoundsItsPositions() {
    EventLines lines = new EventLines("demo", 2);
    List<Long> many = new ArrayList<>();
    for (long position = 0; position < 20; position++) {
      many.add(position);
    }

    assertThat(lines.add(1, new TrainEvent(9, "skip", "a spike", List.of(99L)))).isEmpty();
    assertThat(lines.add(0, new TrainEvent(9, "skip", "a spike", many)))
        .hasValue(
            "train demo: step 9: skip: a spike; 21 sequences at positions 0, 1, 2, 3, 4, 5, 6, 7,"
                + " 8, 9, 10, 11, 12, 13, 14, 15 and 5 more, all in events.jsonl, of the order");
    assertThat(lines.rest()).isEmpty();
  }

  private void steps(int generation, long from, long to) throws IOException {
    try (RunTracking tracking = open(true, generation, from)) {
      for (long step = from + 1; step <= to; step++) {
        tracking.stepCompleted(0, report(step, step));
        tracking.stepCompleted(1, report(step, step + 100));
      }
    }
  }

  private RunTracking open(boolean ledger, int generation, long step) throws IOException {
    return RunTracking.open(
        new org.apache.hadoop.fs.Path(directory.toUri()),
        LOCAL,
        "demo",
        config(ledger),
        new RunTracking.Start(generation, 2, step));
  }

  private static TrainConfig config(boolean ledger) {
    return new TrainConfig(
        1,
        1000,
        4,
        0,
        Precision.FP32,
        ActivationCheckpointing.NONE,
        100,
        0,
        0,
        4,
        ledger,
        Duration.ZERO);
  }

  private static StepReport report(long step, long... positions) {
    List<Long> ledger = new ArrayList<>();
    for (long position : positions) {
      ledger.add(position);
    }
    return new StepReport(
        step, 1.5, 0.5, 1, 1e-3, 4 * step, 64 * step, step, Map.of("backward", 0.5), ledger);
  }

  private List<String> lines(String name) throws IOException {
    return Files.readAllLines(directory.resolve(name));
  }
}
