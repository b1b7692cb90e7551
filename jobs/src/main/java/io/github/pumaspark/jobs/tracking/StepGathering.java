package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.model.coordination.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Gathers what all ranks report of a step. Not thread-safe. */
final class StepGathering {
  private final int worldSize;
  private final TreeMap<Long, TreeMap<Integer, StepReport>> waiting = new TreeMap<>();

  StepGathering(int worldSize) {
    this.worldSize = worldSize;
  }

  /**
   * Takes the report of one rank.
   *
   * @return the reports of its step in rank order if this was the last one; steps end in order,
   *     since every rank reports the same steps in order
   */
  Optional<List<StepReport>> add(int rank, StepReport report) {
    TreeMap<Integer, StepReport> ranks =
        waiting.computeIfAbsent(report.step(), step -> new TreeMap<>());
    ranks.put(rank, report);
    if (ranks.size() < worldSize) {
      return Optional.empty();
    }
    waiting.remove(report.step());
    return Optional.of(new ArrayList<>(ranks.values()));
  }
}
