package io.github.pumaspark.model.train;

import java.util.Map;
import java.util.TreeMap;

/** Adds up how long the parts of one step take. */
final class PhaseClock {
  private final Map<String, Double> seconds = new TreeMap<>();
  private long start = System.nanoTime();

  /** Books the time since the last call, or since the start, on a part. */
  void end(String phase) {
    long now = System.nanoTime();
    seconds.merge(phase, (now - start) * 1e-9, Double::sum);
    start = now;
  }

  /** As {@link #end}, but for a share of the time that belongs to another part. */
  void end(String phase, String other, double otherSeconds) {
    end(phase);
    seconds.merge(phase, -otherSeconds, Double::sum);
    seconds.merge(other, otherSeconds, Double::sum);
  }

  Map<String, Double> seconds() {
    return seconds;
  }
}
