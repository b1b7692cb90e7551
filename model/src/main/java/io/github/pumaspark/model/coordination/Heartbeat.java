package io.github.pumaspark.model.coordination;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.time.Duration;

/**
 * How driver and ranks watch each other; both sides use the same.
 *
 * @param interval between two signs of life
 * @param deadAfter silence after which the other side counts as lost
 */
public record Heartbeat(Duration interval, Duration deadAfter) implements Serializable {
  /** A sign of life every second, lost after five. */
  public static final Heartbeat DEFAULT =
      new Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(5));

  public Heartbeat {
    Check.argument(
        interval.toMillis() > 0, "heartbeat interval must be at least 1 ms: %s", interval);
    Check.argument(
        deadAfter.compareTo(interval) > 0,
        "dead-after %s must be longer than the heartbeat interval %s",
        deadAfter,
        interval);
  }
}
