package io.github.pumaspark.model.checkpoint;

import java.io.IOException;
import org.apache.hadoop.fs.Path;

/**
 * A file of a checkpoint is missing, damaged or does not belong to it; the operator has to act. The
 * message is one line and names the file.
 */
public final class CorruptCheckpointException extends IOException {
  private static final long serialVersionUID = 1;

  /** What is wrong with the file, with the values found and expected. */
  public CorruptCheckpointException(Path file, String reason) {
    super(message(file, reason));
  }

  /** As {@link #CorruptCheckpointException(Path, String)}, keeping what was caught. */
  public CorruptCheckpointException(Path file, String reason, Throwable cause) {
    super(message(file, reason), cause);
  }

  private static String message(Path file, String reason) {
    return "Cannot read checkpoint file '" + file + "': " + reason;
  }
}
