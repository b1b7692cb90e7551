package io.github.pumaspark.model.coordination;

import java.util.List;

/**
 * A step that was not like the others, as one rank tells the driver.
 *
 * @param step in which it happened
 * @param kind the policy that applied: skip, rollback or stop
 * @param reason what was wrong, as one line
 * @param positions places in the global order of the sequences that this rank had in the step, by
 *     ascending lane
 */
public record TrainEvent(long step, String kind, String reason, List<Long> positions) {
  public TrainEvent {
    positions = List.copyOf(positions);
  }
}
