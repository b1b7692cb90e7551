package io.github.pumaspark.jobs.cli;

/** What the process's exit status means. */
public final class ExitCodes {
  /** Done. */
  public static final int OK = 0;

  /** Failed; the same command may work when the cause is gone. */
  public static final int FAILURE = 1;

  /** The command line, the configuration or an input has to change. */
  public static final int USAGE = 2;

  /** Stopped with a checkpoint on request or by the time limit: run the same command again. */
  public static final int RUN_AGAIN = 75;

  private ExitCodes() {}
}
