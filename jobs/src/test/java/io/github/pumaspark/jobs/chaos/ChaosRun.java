package io.github.pumaspark.jobs.chaos;

import io.github.pumaspark.jobs.chaos.RunInspector.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One training, from its start to its end, with the faults of a plan in between. */
final class ChaosRun implements AutoCloseable {
  /** Without progress for so long the training hangs. */
  private static final Duration HANG = Duration.ofMinutes(5);

  /** A fault that has not ended its generation after so long, while steps go on, had no effect. */
  private static final Duration EFFECT = Duration.ofSeconds(8);

  private static final Duration CHECKPOINT_WAIT = Duration.ofSeconds(20);
  private static final Duration LEFTOVERS = Duration.ofSeconds(30);

  private final TrainFixture fixture;
  private final TrainFixture.Run run;
  private final Commands commands;
  private final Injector injector;
  private final StagedBytes staged;
  private final List<DriverProcess> drivers = new ArrayList<>();
  private final List<FaultRecord> records = new ArrayList<>();
  private final long startNanos = System.nanoTime();
  private int refusedStarts;

  ChaosRun(TrainFixture fixture, TrainFixture.Run run) throws IOException {
    this.fixture = fixture;
    this.run = run;
    this.commands = fixture.commands("chaos-" + run.name());
    this.injector = new Injector(commands.processes(), commands.directory());
    this.staged = new StagedBytes(Path.of(run.directory()).resolve("checkpoints"));
  }

  /**
   * Trains to the end.
   *
   * @throws AssertionError with everything that helps to find the cause, if the training hangs or
   *     its command fails
   */
  ChaosReport run(FaultPlan plan) throws Exception {
    try {
      start();
      for (int i = 0; i < plan.faults().size(); i++) {
        fault(plan, i);
      }
      awaitRecovery();
      awaitEnd();
      int continued = injector.continueAll();
      awaitNoProcess();
      return new ChaosReport(
          plan,
          records,
          drivers.size(),
          refusedStarts,
          continued,
          seconds(),
          run.inspector().ledgerCounts());
    } catch (AssertionError | Exception e) {
      throw new AssertionError(
          e.getMessage()
              + "\nfaults of seed "
              + plan.seed()
              + " so far: "
              + records
              + "\n"
              + Postmortem.of(commands, drivers, run),
          e);
    }
  }

  @Override
  public void close() throws IOException {
    injector.close();
    commands.close();
  }

  private void fault(FaultPlan plan, int index) throws Exception {
    Fault fault = plan.faults().get(index);
    if (fault.moment() == FaultMoment.RECOVERY) {
      Polling.pause(fault.delay());
    } else {
      awaitRecovery();
      Progress from = progress();
      long stepsLeft = run.steps() - from.step();
      long budget = stepsLeft / (plan.faults().size() - index + 1);
      if (fault.moment() == FaultMoment.CHECKPOINT) {
        awaitCheckpoint(fault);
      } else {
        awaitSteps(from.step() + budget, fault.delay());
      }
    }
    requireDriver();
    if (!driver().isAlive()) {
      throw new AssertionError("The run ended before fault " + (index + 1) + ": " + fault);
    }
    Progress at = progress();
    double when = seconds();
    String detail =
        switch (fault.kind()) {
          case KILL_DRIVER -> killDriver();
          case SECOND_DRIVER -> secondDriver();
          default ->
              injector
                  .inject(fault, driver().pid(), staged.largestFile())
                  .orElseThrow(() -> new AssertionError("No executor to do this to: " + fault));
        };
    records.add(new FaultRecord(fault, when, at, detail, Optional.empty(), 0));
    System.out.printf("chaos %s: %7.1f s %s: %s%n", run.name(), when, fault, detail);
  }

  /** Drivers take turns in how ranks exchange: the sums do not depend on it, by contract. */
  private void start() throws IOException {
    List<String> arguments = new ArrayList<>(run.arguments());
    arguments.add("collective.path=" + (drivers.size() % 2 == 0 ? "auto" : "tcp"));
    drivers.add(commands.start(arguments));
  }

  private DriverProcess driver() {
    return drivers.get(drivers.size() - 1);
  }

  private String killDriver() throws Exception {
    long pid = driver().pid();
    driver().kill();
    start();
    return "killed driver " + pid + ", started " + driver().pid();
  }

  private String secondDriver() throws Exception {
    DriverProcess second = commands.start(run.arguments());
    if (!second.await(Duration.ofMinutes(1))) {
      throw new AssertionError("A second driver did not refuse");
    }
    String error = String.join("\n", second.log());
    if (second.exitCode() == 0 || !error.contains(Long.toString(driver().pid()))) {
      throw new AssertionError(
          "A second driver ended with "
              + second.exitCode()
              + " and did not name the first, "
              + driver().pid()
              + ": "
              + error);
    }
    return "refused: "
        + error.lines().filter(line -> line.contains("error")).findFirst().orElse(error);
  }

  private void awaitCheckpoint(Fault fault) throws IOException {
    long total =
        Polling.until(HANG, () -> staged.complete().stream().boxed().findFirst())
            .orElseThrow(() -> new AssertionError("No checkpoint comes to exist"));
    long threshold = (long) (fault.share() * total);
    staged.await(threshold, CHECKPOINT_WAIT);
  }

  private void awaitSteps(long step, Duration atMost) throws IOException {
    Polling.until(atMost, () -> progress().step() >= step ? Optional.of(step) : Optional.empty());
  }

  /** Waits until the run trains after the last fault, be it in a new generation or as before. */
  private void awaitRecovery() throws IOException {
    FaultRecord last = records.isEmpty() ? null : records.get(records.size() - 1);
    Progress before = last == null ? Progress.NONE : last.at();
    double since = last == null ? 0 : last.seconds();
    boolean isHarmless = last != null && last.fault().kind() == FaultKind.SECOND_DRIVER;
    // The old generation may record some more steps before it ends: only later ones count.
    long[] unharmedStep = {isHarmless ? before.step() : Long.MAX_VALUE};
    Optional<Progress> after =
        Polling.until(
            HANG,
            () -> {
              requireDriver();
              Progress now = progress();
              if (unharmedStep[0] == Long.MAX_VALUE && seconds() > since + EFFECT.toSeconds()) {
                unharmedStep[0] = now.step();
              }
              boolean isNew = now.generation() > before.generation();
              boolean isUnharmed =
                  unharmedStep[0] < Long.MAX_VALUE
                      && now.step() > unharmedStep[0] + run.checkpointEvery();
              return isNew || isUnharmed || isFinished() ? Optional.of(now) : Optional.empty();
            });
    Progress now = after.orElseThrow(() -> new AssertionError("The training hangs after " + last));
    if (last != null && now.generation() > before.generation()) {
      records.set(
          records.size() - 1,
          last.recovered(seconds() - since, run.inspector().firstStep(now.generation()) - 1));
    }
  }

  private void awaitEnd() throws Exception {
    Progress seen = progress();
    long changed = System.nanoTime();
    while (!driver().await(Duration.ofMillis(200))) {
      Progress now = progress();
      if (!now.equals(seen)) {
        seen = now;
        changed = System.nanoTime();
      } else if (System.nanoTime() - changed > HANG.toNanos()) {
        throw new AssertionError("The training hangs at " + now);
      }
    }
    if (driver().exitCode() != 0) {
      throw new AssertionError("The training failed with exit code " + driver().exitCode());
    }
  }

  private boolean isFinished() {
    return !driver().isAlive() && driver().exitCode() == 0;
  }

  /**
   * Requires that the driver runs or has ended well; one that refused to start is started again.
   */
  private void requireDriver() throws IOException {
    if (driver().isAlive() || driver().exitCode() == 0) {
      return;
    }
    if (!hasTooFewSlots()) {
      throw new AssertionError("The driver failed with exit code " + driver().exitCode());
    }
    refusedStarts++;
    start();
  }

  /**
   * Whether the driver refused to start since an executor was stopped before it had registered:
   * Spark alone knows of that process, and waits for it. A user starts the command again.
   */
  private boolean hasTooFewSlots() {
    boolean isAfterStop =
        !records.isEmpty()
            && records.get(records.size() - 1).fault().kind() == FaultKind.STOP_EXECUTOR;
    return isAfterStop
        && driver().log().stream()
            .anyMatch(line -> line.contains("Cannot start") && line.contains("free slots"));
  }

  private void awaitNoProcess() throws IOException {
    Polling.until(
            LEFTOVERS,
            () -> commands.processes().all().isEmpty() ? Optional.of(true) : Optional.empty())
        .orElseThrow(
            () ->
                new AssertionError(
                    "Processes are left after the end: " + commands.processes().describe()));
  }

  private Progress progress() throws IOException {
    return run.inspector().progress();
  }

  private double seconds() {
    return (System.nanoTime() - startNanos) * 1e-9;
  }
}
