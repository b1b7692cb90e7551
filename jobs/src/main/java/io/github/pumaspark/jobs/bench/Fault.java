package io.github.pumaspark.jobs.bench;

import java.io.IOException;

/** What happens to an executor. */
public enum Fault {
  /** SIGKILL: it is gone, and its connections break. */
  KILL,
  /** SIGSTOP: it stays, and says nothing any more. */
  STOP;

  /** Does it to a process. */
  void inject(ProcessHandle process) throws IOException, InterruptedException {
    String signal = this == KILL ? "-KILL" : "-STOP";
    int code = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    if (code != 0) {
      throw new IOException("Cannot send " + signal + " to process " + process.pid());
    }
  }
}
