package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * All processes that descend from the drivers of one test, found by a variable that they inherit in
 * their environment: also those whose driver is dead.
 */
final class MarkedProcesses {
  private static final String VARIABLE = "PUMA_CHAOS_MARK";
  private static final String EXECUTOR = "CoarseGrainedExecutorBackend";
  private static final String DRIVER = "io.github.pumaspark.jobs.cli.Puma";

  private final String mark;

  MarkedProcesses(String mark) {
    this.mark = mark;
  }

  /** Makes a process one of these, when it is started. */
  void mark(ProcessBuilder builder) {
    builder.environment().put(VARIABLE, mark);
  }

  /** Living ones, by process id; a process that waits to be reaped is not alive. */
  List<ProcessHandle> all() {
    byte[] entry = (VARIABLE + "=" + mark).getBytes(StandardCharsets.UTF_8);
    return ProcessHandle.allProcesses()
        .filter(process -> contains(read(process, "environ"), entry))
        .sorted(Comparator.comparingLong(ProcessHandle::pid))
        .toList();
  }

  /** Executors, of living and dead drivers. */
  List<ProcessHandle> executors() {
    return all().stream().filter(process -> commandLine(process).contains(EXECUTOR)).toList();
  }

  /** Executors that a driver has started itself, as their parent. */
  List<ProcessHandle> executorsOf(long driverPid) {
    return executors().stream()
        .filter(process -> process.parent().map(ProcessHandle::pid).equals(Optional.of(driverPid)))
        .toList();
  }

  /** Ends everything that is left, stopped ones too. */
  void killAll() {
    all().forEach(ProcessHandle::destroyForcibly);
  }

  /** One line for every living process: id, state, what it is. */
  List<String> describe() {
    List<String> lines = new ArrayList<>();
    for (ProcessHandle process : all()) {
      String command = commandLine(process);
      String what =
          command.contains(EXECUTOR) ? "executor" : command.contains(DRIVER) ? "driver" : command;
      lines.add(
          "pid %d (parent %s, state %s): %s"
              .formatted(
                  process.pid(),
                  process.parent().map(ProcessHandle::pid).orElse(0L),
                  state(process.pid()),
                  what.substring(0, Math.min(80, what.length()))));
    }
    return lines;
  }

  /** Whether a process is stopped by a signal. */
  static boolean isStopped(long pid) {
    return state(pid) == 'T';
  }

  /** Sends a signal, by name without SIG; nothing happens if the process is gone. */
  static void signal(long pid, String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(pid))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static char state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException e) {
      return 'X';
    }
  }

  private static String commandLine(ProcessHandle process) {
    return new String(read(process, "cmdline"), StandardCharsets.UTF_8).replace('\0', ' ').strip();
  }

  private static byte[] read(ProcessHandle process, String file) {
    try {
      return Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), file));
    } catch (IOException e) {
      return new byte[0];
    }
  }

  /** Whether an environment has an entry; entries end with a zero byte. */
  private static boolean contains(byte[] environment, byte[] entry) {
    int start = 0;
    for (int i = 0; i <= environment.length; i++) {
      if (i == environment.length || environment[i] == 0) {
        if (java.util.Arrays.equals(environment, start, i, entry, 0, entry.length)) {
          return true;
        }
        start = i + 1;
      }
    }
    return false;
  }
}
