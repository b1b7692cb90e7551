package io.github.pumaspark.jobs.chaos;

import java.io.IOException;

/** Makes writes of another process fail beyond a length of file, by {@code prlimit}. */
final class WriteLimits {
  private WriteLimits() {}

  /** Whether {@code prlimit} is there and may be used: tried on this process, changing nothing. */
  static boolean canLimit() {
    try {
      Tools.run("prlimit", "--pid", Long.toString(ProcessHandle.current().pid()), "--fsize");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** From now on no file of the process grows beyond so many bytes. */
  static void limit(long pid, long bytes) throws IOException {
    Tools.run("prlimit", "--pid", Long.toString(pid), "--fsize=" + bytes + ":unlimited");
  }

  /** Lifts the limit. */
  static void lift(long pid) throws IOException {
    Tools.run("prlimit", "--pid", Long.toString(pid), "--fsize=unlimited:unlimited");
  }
}
