package io.github.pumaspark.jobs.train;

import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Training ended before its time; the message names the first cause and what can be gone on from.
 */
public final class TrainFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TrainFailedException(String message) {
    super(message);
  }

  TrainFailedException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * What a user is told.
   *
   * @param last newest complete checkpoint
   * @param isWorthAnotherTry whether the same command may get on
   */
  static String message(String run, String cause, Optional<Path> last, boolean isWorthAnotherTry) {
    String place =
        last.map(directory -> "last complete checkpoint: '" + directory + "'")
            .orElse("there is no checkpoint yet");
    String remedy =
        last.isPresent()
            ? "; the same command goes on from there"
            : "; the same command starts again";
    return "Training of '"
        + run
        + "' failed: "
        + cause
        + " ("
        + place
        + (isWorthAnotherTry ? remedy : "")
        + ")";
  }
}
