package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Does to the executors of a training what a fault asks for. The driver is not its business. */
final class Injector implements AutoCloseable {
  /** How long a fault waits for an executor that it can be done to. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final int MOST_PHASES = 40;
  private static final Duration WRITE_LIMIT = Duration.ofSeconds(4);

  private final MarkedProcesses processes;
  private final TaskFailures taskFailures;
  private final Set<Long> attached = new HashSet<>();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final boolean canCut = Connections.canCut();
  private final boolean canLimit = WriteLimits.canLimit();

  Injector(MarkedProcesses processes, Path directory) throws IOException {
    this.processes = processes;
    this.taskFailures = new TaskFailures(directory);
  }

  /** The kind that is done in place of one that this machine does not allow. */
  FaultKind possible(FaultKind kind) {
    return switch (kind) {
      case CUT_CONNECTION -> canCut ? kind : FaultKind.KILL_EXECUTOR;
      case FAIL_WRITE -> canLimit ? kind : FaultKind.FAIL_TASK;
      default -> kind;
    };
  }

  /**
   * Does it.
   *
   * @param driver process id of the living driver
   * @param largestFile bytes of the largest file of a checkpoint
   * @return what was done; empty if there was nobody to do it to
   */
  Optional<String> inject(Fault fault, long driver, long largestFile) throws IOException {
    FaultKind kind = possible(fault.kind());
    Optional<String> done =
        switch (kind) {
          case KILL_EXECUTOR -> kill(fault, driver);
          case STOP_EXECUTOR -> stop(fault, driver);
          case CUT_CONNECTION -> retry(() -> cut(fault, driver));
          case FAIL_TASK -> retry(() -> failTask(fault, driver));
          case FAIL_WRITE -> limitWrites(fault, driver, largestFile);
          case KILL_DRIVER, SECOND_DRIVER ->
              throw new IllegalArgumentException(fault.kind() + " is no fault of an executor");
        };
    return kind == fault.kind() ? done : done.map(text -> "not possible here, instead: " + text);
  }

  /** Continues every stopped process; how many there were. */
  int continueAll() {
    int continued = 0;
    for (ProcessHandle process : processes.all()) {
      if (MarkedProcesses.isStopped(process.pid())) {
        MarkedProcesses.signal(process.pid(), "CONT");
        continued++;
      }
    }
    return continued;
  }

  @Override
  public void close() throws IOException {
    timer.shutdownNow();
    for (long pid : attached) {
      // A JVM that was killed leaves the socket of the attach interface behind.
      Files.deleteIfExists(Path.of("/tmp/.java_pid" + pid));
    }
  }

  private Optional<String> kill(Fault fault, long driver) throws IOException {
    Optional<ProcessHandle> victim = victim(fault, driver);
    victim.ifPresent(ProcessHandle::destroyForcibly);
    return victim.map(process -> "killed executor " + process.pid());
  }

  private Optional<String> stop(Fault fault, long driver) throws IOException {
    Optional<ProcessHandle> victim = victim(fault, driver);
    if (victim.isEmpty()) {
      return Optional.empty();
    }
    long pid = victim.get().pid();
    MarkedProcesses.signal(pid, "STOP");
    fault
        .continueAfter()
        .ifPresent(after -> later(() -> MarkedProcesses.signal(pid, "CONT"), after));
    return Optional.of("stopped executor " + pid);
  }

  private Optional<String> cut(Fault fault, long driver) throws IOException {
    Set<Long> executors =
        processes.executorsOf(driver).stream().map(ProcessHandle::pid).collect(Collectors.toSet());
    List<Connections.Connection> connections = Connections.of(executors, driver);
    if (connections.isEmpty()) {
      return Optional.empty();
    }
    Connections.Connection one = connections.get((int) (fault.victim() * connections.size()));
    Connections.cut(one);
    return Optional.of(
        "cut 1 of %d connections: executor %d, port %d to %d"
            .formatted(connections.size(), one.pid(), one.localPort(), one.remotePort()));
  }

  private Optional<String> failTask(Fault fault, long driver) throws IOException {
    List<ProcessHandle> executors = processes.executorsOf(driver);
    if (executors.isEmpty()) {
      return Optional.empty();
    }
    long pid = executors.get((int) (fault.victim() * executors.size())).pid();
    if (MarkedProcesses.isStopped(pid)) {
      return Optional.empty();
    }
    int calls = 1 + (int) (fault.share() * MOST_PHASES);
    attached.add(pid);
    taskFailures.arm(pid, calls);
    return Optional.of("executor %d throws after %d phases".formatted(pid, calls));
  }

  private Optional<String> limitWrites(Fault fault, long driver, long largestFile)
      throws IOException {
    Optional<ProcessHandle> victim = victim(fault, driver);
    if (victim.isEmpty()) {
      return Optional.empty();
    }
    long pid = victim.get().pid();
    long bytes = (long) (fault.share() * largestFile);
    WriteLimits.limit(pid, bytes);
    later(() -> lift(pid), WRITE_LIMIT);
    return Optional.of("writes of executor %d fail beyond %d bytes".formatted(pid, bytes));
  }

  private static void lift(long pid) {
    try {
      WriteLimits.lift(pid);
    } catch (IOException e) {
      // The process has ended.
      return;
    }
  }

  private void later(Runnable task, Duration delay) {
    Future<?> unused = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Optional<ProcessHandle> victim(Fault fault, long driver) throws IOException {
    return retry(
        () -> {
          List<ProcessHandle> executors = processes.executorsOf(driver);
          return executors.isEmpty()
              ? Optional.empty()
              : Optional.of(executors.get((int) (fault.victim() * executors.size())));
        });
  }

  /** Tries until there is something, or patience ends. */
  private static <T> Optional<T> retry(Callable<Optional<T>> attempt) throws IOException {
    return Polling.until(PATIENCE, attempt);
  }
}
