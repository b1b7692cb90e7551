package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * What happens to a step whose loss or gradient is not to be trusted, keys {@code guard.*}. All
 * ranks decide alike, before the update.
 *
 * @param nonFinite when a loss or the gradient is NaN or infinite
 * @param spike when the loss exceeds {@code spikeFactor} times the median of the last {@code
 *     spikeWindow} losses
 * @param spikeFactor at least 1
 * @param spikeWindow accepted losses to compare with; nothing is a spike before so many
 * @param maxRollbacks rollbacks of a run after which the next one stops it
 */
public record GuardConfig(
    Policy nonFinite, Policy spike, double spikeFactor, int spikeWindow, int maxRollbacks)
    implements Serializable {
  private static final int MAX_WINDOW = 10_000;

  /** What is done with such a step. */
  public enum Policy {
    /** It is like any other; for spikes only. */
    OFF,
    /** The run ends. */
    STOP,
    /** Its update is left out. */
    SKIP,
    /** The run goes back to its newest checkpoint and leaves the update out when it comes there. */
    ROLLBACK
  }

  /** The defaults of the keys. */
  public static GuardConfig standard() {
    return new GuardConfig(Policy.STOP, Policy.OFF, 3, 100, 3);
  }

  public GuardConfig {
    Check.argument(nonFinite != Policy.OFF, "guard.non-finite must be stop, skip or rollback: off");
    Check.argument(spikeFactor >= 1, "guard.spike-factor must be at least 1: %s", spikeFactor);
    Check.argument(
        0 < spikeWindow && spikeWindow <= MAX_WINDOW,
        "guard.spike-window must be in [1, %s]: %s",
        MAX_WINDOW,
        spikeWindow);
    Check.argument(maxRollbacks >= 0, "guard.max-rollbacks must not be negative: %s", maxRollbacks);
  }
}
