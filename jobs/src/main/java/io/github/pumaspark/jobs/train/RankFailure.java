package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.coordination.Failure;
import io.github.pumaspark.model.train.GuardException;
import io.github.pumaspark.model.train.RollbackException;

/**
 * What an exception that ended a rank means for the run.
 *
 * @param kind what is to be done about it
 * @param step see {@link Failure}
 * @param message for the user
 */
record RankFailure(Failure.Kind kind, long step, String message) {
  /** Looks at an exception and its causes; what is not known is worth another attempt. */
  static RankFailure of(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ConfigException) {
        return new RankFailure(Failure.Kind.USER, 0, String.valueOf(cause.getMessage()));
      }
      if (cause instanceof RollbackException rollback) {
        return new RankFailure(Failure.Kind.ROLLBACK, rollback.step(), message);
      }
      if (cause instanceof GuardException
          || cause instanceof CorruptShardException
          || cause instanceof CorruptCheckpointException) {
        return new RankFailure(Failure.Kind.FATAL, 0, message);
      }
    }
    return new RankFailure(Failure.Kind.RANK, 0, message);
  }
}
