package io.github.pumaspark.model.coordination;

/**
 * Why a generation ended.
 *
 * @param kind what is to be done about it
 * @param rank whose failure it is; {@link #NO_RANK} if it is nobody's
 * @param step for {@link Kind#ROLLBACK} the step whose update is to be left out, else 0
 * @param message one line
 */
public record Failure(Kind kind, int rank, long step, String message) {
  /** No rank in particular. */
  public static final int NO_RANK = -1;

  /** Classes of failures, by what is to be done about them. */
  public enum Kind {
    /** The user has to change a setting or the cluster: trying again is of no use. */
    USER,
    /** Neither trying again nor another setting helps as things are: damaged files, a guard. */
    FATAL,
    /** A guard wants the run to go back and leave out the update of a step. */
    ROLLBACK,
    /** The rank threw an exception; its process is well. */
    RANK,
    /** The rank's connection broke, which is how the death of a process shows. */
    LOST,
    /** The rank gives no sign of life: its process is frozen, or out of reach. */
    DEAD,
    /** The rank gives signs of life but makes no progress. */
    HUNG,
    /** The driver's own: a commit, the cluster manager, a rank that never came. */
    DRIVER;

    /** Whether the rank's process will not give its task up by itself. */
    public boolean holdsItsProcess() {
      return this == DEAD || this == HUNG;
    }

    /** Whether the rank's machine may be the reason. */
    public boolean isOfItsHost() {
      return this == RANK || this == LOST || holdsItsProcess();
    }
  }

  public Failure {
    message = ControlMessage.oneLine(message);
  }

  /** A failure of the driver's side. */
  public static Failure ofDriver(String message) {
    return new Failure(Kind.DRIVER, NO_RANK, 0, message);
  }
}
