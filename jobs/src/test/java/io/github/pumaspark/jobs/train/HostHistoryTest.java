package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.spark.ExecutorSlot;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HostHistoryTest {
  private static final ExecutorSlot A1 = new ExecutorSlot("1", "a");
  private static final ExecutorSlot A2 = new ExecutorSlot("2", "a");
  private static final ExecutorSlot B3 = new ExecutorSlot("3", "b");
  private static final ExecutorSlot C4 = new ExecutorSlot("4", "c");
  private static final List<ExecutorSlot> FREE = List.of(A1, A2, B3, C4);

  private final HostHistory hosts = new HostHistory();

  @Test
  void oneFailureIsNoReasonToAvoidAHost() {
    hosts.failed("a");

    assertThat(hosts.choose(FREE, 3)).containsExactly(A1, A2, B3);
    assertThat(hosts.badHosts(FREE)).isEmpty();
  }

  @Test
  void aHostOfRepeatedFailuresIsAvoided() {
    hosts.failed("a");
    hosts.failed("a");

    assertThat(hosts.choose(FREE, 2)).containsExactly(B3, C4);
    assertThat(hosts.badHosts(List.of(B3, C4))).isEmpty();
  }

  @Test
  void aBadHostIsTakenAfterAllAndNamedIfThereAreNotEnoughOthers() {
    hosts.failed("a");
    hosts.failed("a");

    List<ExecutorSlot> chosen = hosts.choose(FREE, 3);

    assertThat(chosen).containsExactly(B3, C4, A1);
    assertThat(hosts.badHosts(chosen)).containsExactly("a");
  }

  @Test
  void theWorstHostIsTheLastChoice() {
    List.of("a", "a", "b", "b", "b").forEach(hosts::failed);

    assertThat(hosts.choose(FREE, 3)).containsExactly(C4, A1, A2);
  }

  @Test
  void whereThereIsOneHostOnlyNobodyIsWarned() {
    List.of("a", "a", "a").forEach(hosts::failed);

    assertThat(hosts.choose(List.of(A1, A2), 2)).containsExactly(A1, A2);
    assertThat(hosts.badHosts(List.of(A1, A2))).isEmpty();
  }
}
