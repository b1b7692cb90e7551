package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Keeps what the loop of one rank told, and its weights after every step. */
final class Recorder implements TrainListener {
  final List<StepReport> reports = new ArrayList<>();
  final List<TrainEvent> events = new ArrayList<>();
  final List<float[]> weights = new ArrayList<>();
  final Set<String> phases = new LinkedHashSet<>();

  /** Of the last checkpoint. */
  RankParts.State state;

  private final RankParts parts;
  private final int stopAfter;

  Recorder(RankParts parts) {
    this(parts, 0);
  }

  /**
   * @param stopAfter steps after which it asks to stop; 0 = never
   */
  Recorder(RankParts parts, int stopAfter) {
    this.parts = parts;
    this.stopAfter = stopAfter;
    this.state = parts.state(TrainState.Progress.initial());
  }

  @Override
  public boolean stopRequested() {
    return reports.size() + 1 == stopAfter;
  }

  @Override
  public void progressed(long step, String phase) {
    phases.add(phase);
  }

  @Override
  public void event(TrainEvent event) {
    events.add(event);
  }

  @Override
  public void stepCompleted(StepReport report) {
    reports.add(report);
    weights.add(parts.weights());
  }

  @Override
  public void checkpoint(TrainState.Progress progress) {
    state = parts.state(progress);
  }
}
