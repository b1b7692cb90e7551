package io.github.pumaspark.jobs.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * The faults of one run, in order: a pure function of seed and number.
 *
 * @param faults those that count and the attempts to start a second driver
 */
record FaultPlan(long seed, List<Fault> faults) {
  /** At most so many faults come before the run has recovered from the first of them. */
  private static final int LONGEST_BURST = 3;

  private static final int TRAINING_MILLIS = 1500;
  private static final int RECOVERY_MILLIS = 6000;
  private static final int STOPPED_MILLIS = 15_000;

  /** Of 20 faults, how many are of a kind; an attempt to start a second driver comes on top. */
  private static final List<FaultKind> MIX =
      List.of(
          FaultKind.KILL_EXECUTOR,
          FaultKind.STOP_EXECUTOR,
          FaultKind.CUT_CONNECTION,
          FaultKind.FAIL_TASK,
          FaultKind.KILL_DRIVER,
          FaultKind.FAIL_WRITE,
          FaultKind.KILL_EXECUTOR,
          FaultKind.STOP_EXECUTOR,
          FaultKind.CUT_CONNECTION,
          FaultKind.FAIL_TASK,
          FaultKind.KILL_EXECUTOR,
          FaultKind.STOP_EXECUTOR,
          FaultKind.KILL_DRIVER,
          FaultKind.FAIL_TASK,
          FaultKind.KILL_EXECUTOR,
          FaultKind.CUT_CONNECTION,
          FaultKind.STOP_EXECUTOR,
          FaultKind.FAIL_WRITE,
          FaultKind.KILL_EXECUTOR,
          FaultKind.KILL_DRIVER);

  /** One attempt to start a second driver for so many faults. */
  private static final int FAULTS_PER_SECOND_DRIVER = 10;

  FaultPlan {
    faults = List.copyOf(faults);
  }

  /** Draws a plan of so many faults; kinds come in the shares of a fixed mix. */
  static FaultPlan draw(long seed, int number) {
    Random random = new Random(seed);
    List<FaultKind> kinds = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      kinds.add(MIX.get(i % MIX.size()));
    }
    for (int i = 0; i < (number + FAULTS_PER_SECOND_DRIVER / 2) / FAULTS_PER_SECOND_DRIVER; i++) {
      kinds.add(FaultKind.SECOND_DRIVER);
    }
    Collections.shuffle(kinds, random);
    List<Fault> faults = new ArrayList<>();
    int burst = 0;
    for (FaultKind kind : kinds) {
      FaultMoment moment = moment(kind, random, burst < LONGEST_BURST);
      burst = moment == FaultMoment.RECOVERY ? burst + 1 : 1;
      faults.add(fault(kind, moment, random));
    }
    return new FaultPlan(seed, faults);
  }

  /** The kinds given, in their order, each while the run trains; for short tests. */
  static FaultPlan of(long seed, FaultKind... kinds) {
    Random random = new Random(seed);
    List<Fault> faults = new ArrayList<>();
    for (FaultKind kind : kinds) {
      FaultMoment moment =
          kind == FaultKind.FAIL_WRITE ? FaultMoment.CHECKPOINT : FaultMoment.TRAINING;
      faults.add(fault(kind, moment, random));
    }
    return new FaultPlan(seed, faults);
  }

  /** Faults that count. */
  long harmful() {
    return faults.stream().filter(fault -> fault.kind() != FaultKind.SECOND_DRIVER).count();
  }

  private static FaultMoment moment(FaultKind kind, Random random, boolean mayFollow) {
    double draw = random.nextDouble();
    if (kind == FaultKind.SECOND_DRIVER) {
      return FaultMoment.TRAINING;
    }
    if (draw < 0.4 || kind == FaultKind.FAIL_WRITE) {
      return FaultMoment.CHECKPOINT;
    }
    return draw < 0.65 && mayFollow ? FaultMoment.RECOVERY : FaultMoment.TRAINING;
  }

  private static Fault fault(FaultKind kind, FaultMoment moment, Random random) {
    int longest = moment == FaultMoment.RECOVERY ? RECOVERY_MILLIS : TRAINING_MILLIS;
    Duration delay = Duration.ofMillis(random.nextInt(longest));
    double victim = random.nextDouble();
    double share = random.nextDouble();
    Duration after = Duration.ofMillis(random.nextInt(STOPPED_MILLIS));
    boolean isContinued = random.nextBoolean() && kind == FaultKind.STOP_EXECUTOR;
    return new Fault(
        kind, moment, delay, victim, share, isContinued ? Optional.of(after) : Optional.empty());
  }
}
