package io.github.pumaspark.model.train;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Adds up how long the parts of one step take. */
final class PhaseClock {
  private final Map<String, Double> seconds = new TreeMap<>();
  private final Consumer<String> entered;
  private String phase = "";
  private long start;

  /**
   * @param entered hears the name of a part that begins; must be cheap
   */
  PhaseClock(Consumer<String> entered) {
    this.entered = entered;
  }

  /** Books the time since the last call on the part that ends here, and begins another. */
  void begin(String next) {
    end();
    phase = next;
    start = System.nanoTime();
    entered.accept(next);
  }

  /** Books time of a part, which may be under way, on another. */
  void move(String from, String to, double movedSeconds) {
    seconds.merge(from, -movedSeconds, Double::sum);
    seconds.merge(to, movedSeconds, Double::sum);
  }

  /** The parts that were begun, the last one until now. */
  Map<String, Double> seconds() {
    end();
    return seconds;
  }

  private void end() {
    if (!phase.isEmpty()) {
      long now = System.nanoTime();
      seconds.merge(phase, (now - start) * 1e-9, Double::sum);
      start = now;
    }
  }
}
