package io.github.pumaspark.jobs.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Stream;

/** Trains twice, undisturbed and under faults, and requires that nobody can tell the difference. */
final class ChaosVerdict {
  private static final int CHECKPOINT_EVERY = 4;

  private ChaosVerdict() {}

  static void check(Path temporary, FaultPlan plan, int steps, String report) throws Exception {
    System.out.println("chaos " + report + ": seed " + plan.seed() + ", " + plan.faults());
    Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "puma-chaos-");
    try {
      TrainFixture fixture = TrainFixture.in(temporary);
      String memory = "collective.shared-directory=" + shared;
      TrainFixture.Run straight = fixture.run("straight", steps, CHECKPOINT_EVERY, memory);
      TrainFixture.Run disturbed = fixture.run("disturbed", steps, CHECKPOINT_EVERY, memory);
      fixture.trainStraight(straight);
      try (ChaosRun run = new ChaosRun(fixture, disturbed)) {
        ChaosReport result = run.run(plan);
        result.write(report, "Chaos: " + report);
      }
      requireSame(straight.inspector(), disturbed.inspector(), steps);
      assertThat(names(shared)).as("left in shared memory").isEmpty();
    } finally {
      for (Path left : names(shared)) {
        Files.deleteIfExists(left);
      }
      Files.delete(shared);
    }
  }

  /** Requires equal weights, moments, pools, history and losses, and nothing that is half done. */
  static void requireSame(RunInspector straight, RunInspector disturbed, int steps)
      throws IOException {
    SortedMap<Long, SortedMap<String, String>> expected = straight.checkpoints();
    SortedMap<Long, SortedMap<String, String>> found = disturbed.checkpoints();
    assertThat(found.keySet()).as("steps of the checkpoints").isEqualTo(expected.keySet());
    assertThat(found.lastKey()).isEqualTo(steps);
    for (Map.Entry<Long, SortedMap<String, String>> checkpoint : expected.entrySet()) {
      assertThat(found.get(checkpoint.getKey()))
          .as("tensors at step " + checkpoint.getKey())
          .isEqualTo(checkpoint.getValue());
    }
    SortedMap<Long, List<Long>> history = disturbed.ledger();
    assertThat(history.keySet()).as("steps of the surviving history").hasSize(steps);
    assertThat(history).as("positions by step").isEqualTo(straight.ledger());
    assertThat(disturbed.losses()).as("losses").isEqualTo(straight.losses());
    assertThat(disturbed.orphans()).as("orphans").isEmpty();
  }

  private static List<Path> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return new ArrayList<>(files.toList());
    }
  }
}
