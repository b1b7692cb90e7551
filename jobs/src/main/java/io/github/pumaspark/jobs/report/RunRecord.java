package io.github.pumaspark.jobs.report;

import java.util.List;
import java.util.SortedMap;

/**
 * All that a report needs of one run directory.
 *
 * @param name display name, unique within the report
 * @param directory qualified path of the run directory
 * @param metrics ascending by step, one per step, not empty
 * @param settings dotted key to value; empty when the run has no {@code config.json}
 * @param checkpoints complete ones, ascending by step
 * @param notes what was unusual about the files
 */
record RunRecord(
    String name,
    String directory,
    List<MetricRecord> metrics,
    SortedMap<String, String> settings,
    List<CheckpointRecord> checkpoints,
    List<String> notes) {

  /** What readers call an unknown text. */
  static final String UNKNOWN = "not recorded";

  /** Whether other files may call this run so: by display name, directory name or saved name. */
  boolean isCalled(String other) {
    return name.equals(other)
        || directory.endsWith("/" + other)
        || checkpoints.stream().anyMatch(checkpoint -> checkpoint.runName().equals(other));
  }

  MetricRecord last() {
    return metrics.get(metrics.size() - 1);
  }

  /** The newest metric record at or before a step, the first one if there is none. */
  MetricRecord at(long step) {
    MetricRecord found = metrics.get(0);
    for (MetricRecord metric : metrics) {
      found = metric.step() <= step ? metric : found;
    }
    return found;
  }

  /** Tokens per second over the whole run, NaN when it did not record both. */
  double tokensPerSecond() {
    return last().seconds() > 0 ? last().tokens() / last().seconds() : Double.NaN;
  }

  String strategy() {
    return settings.getOrDefault("masking.strategy", UNKNOWN);
  }

  /** Of the newest checkpoint, since it may change on resume; else the configured one. */
  double worldSize() {
    if (!checkpoints.isEmpty()) {
      double saved = checkpoints.get(checkpoints.size() - 1).worldSize();
      if (Double.isFinite(saved)) {
        return saved;
      }
    }
    return configured("cluster.ranks");
  }

  /** Optimizer updates the configuration asks for, NaN when it does not say. */
  double plannedSteps() {
    return configured("train.steps");
  }

  private double configured(String key) {
    try {
      return Double.parseDouble(settings.getOrDefault(key, "NaN"));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
