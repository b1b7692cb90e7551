package io.github.pumaspark.jobs.chaos;

/** What can happen to a running training. */
enum FaultKind {
  /** SIGKILL of one executor. */
  KILL_EXECUTOR,
  /** SIGSTOP of one executor; SIGCONT after a while, or never. */
  STOP_EXECUTOR,
  /** The kernel closes one TCP connection of an executor, to the driver or to its peer. */
  CUT_CONNECTION,
  /** The thread that trains a rank throws. */
  FAIL_TASK,
  /** A write of an executor fails in the middle of a file, as on a full disk. */
  FAIL_WRITE,
  /** SIGKILL of the driver; the same command is started again at once. */
  KILL_DRIVER,
  /** The same command is started while the driver runs: it must refuse. No fault, no harm. */
  SECOND_DRIVER
}
