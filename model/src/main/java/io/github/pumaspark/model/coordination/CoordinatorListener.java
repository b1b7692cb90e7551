package io.github.pumaspark.model.coordination;

import java.io.IOException;
import java.util.List;

/**
 * What the driver does with what ranks report. Called by one thread, in the order in which the
 * reports of a rank were made; an exception ends the run on all ranks with its message.
 */
public interface CoordinatorListener {
  /** A step is finished on a rank. */
  void stepCompleted(int rank, StepReport report);

  /** A rank tells of a step that was not like the others. */
  void event(int rank, TrainEvent event);

  /**
   * Makes a checkpoint exist; a rank that waits for it goes on when this returns.
   *
   * @param parts one per rank, in rank order
   */
  void commit(long step, List<CheckpointPart> parts) throws IOException;
}
