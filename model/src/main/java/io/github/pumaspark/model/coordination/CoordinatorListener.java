package io.github.pumaspark.model.coordination;

import java.io.IOException;
import java.util.List;

/**
 * What the driver does with what ranks report. Called by one thread, in the order in which the
 * reports of a rank were made; an exception ends the run on all ranks with its message.
 */
public interface CoordinatorListener {
  /** A step is finished. */
  void stepCompleted(StepReport report);

  /**
   * Makes a checkpoint exist; all ranks wait for it.
   *
   * @param parts one per rank, in rank order
   */
  void commit(long step, List<CheckpointPart> parts) throws IOException;
}
