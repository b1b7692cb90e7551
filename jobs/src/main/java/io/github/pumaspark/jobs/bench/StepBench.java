package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.model.engine.GemmRoof;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.train.SyntheticRun;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures the training step, alone or in turns with a peer; only one of them computes at a time.
 */
public final class StepBench {
  /** Exit status of a process that SIGTERM ended. */
  private static final int STOPPED_BY_SIGNAL = 143;

  private static final int WARM_UP_STEPS = 2;
  private static final double ROUND_SECONDS = 5;
  private static final int MIN_STEPS = 2;
  private static final int MAX_STEPS = 50;

  private final StepBenchPlan plan;
  private final Consumer<String> progress;

  /**
   * @param progress hears a line now and then
   */
  public StepBench(StepBenchPlan plan, Consumer<String> progress) {
    this.plan = plan;
    this.progress = progress;
  }

  /**
   * Checks what can be checked without measuring.
   *
   * @throws io.github.pumaspark.data.lang.ConfigException if the peer cannot run
   */
  public static void check(StepBenchPlan plan) throws IOException, InterruptedException {
    ProcessMemory.now();
    if (plan.peer() != PeerKind.NONE) {
      TorchPeer.check(plan.python());
    }
  }

  /**
   * Measures; seconds to minutes.
   *
   * @return the result's values by name, in the order to show them in
   * @throws io.github.pumaspark.data.lang.ConfigException if the peer cannot run
   */
  public Map<String, Object> run() throws IOException, InterruptedException {
    check(plan);
    // Ending the process in order would free libtorch under the feet of a running product, a crash.
    Thread abrupt = new Thread(() -> Runtime.getRuntime().halt(STOPPED_BY_SIGNAL));
    Runtime.getRuntime().addShutdownHook(abrupt);
    try {
      return measured();
    } finally {
      Runtime.getRuntime().removeShutdownHook(abrupt);
    }
  }

  private Map<String, Object> measured() throws IOException {
    Machine machine = Machine.current();
    if (!machine.isMadeFor(plan.train().precision())) {
      progress.accept("this processor has no bfloat16 products, they are slow on it");
    }
    double load = Machine.load(progress);
    StepResult result = new StepResult(plan, machine, load, TorchThread.version());
    TorchThread.prepare(plan.threads());
    try (GemmRoof roof = new GemmRoof(plan.train().precision())) {
      long before = ProcessMemory.now().residentBytes();
      boolean isPeakOurs = ProcessMemory.resetPeak();
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s: %d rows of %d tokens, %,d parameters; making the network",
              plan.name(),
              plan.batch(),
              plan.length(),
              plan.parameters()));
      try (SyntheticRun run =
          SyntheticRun.open(
              plan.network(),
              plan.masking(),
              plan.optimizer(),
              plan.train(),
              plan.promptLength(),
              plan.threads())) {
        int steps = warmUp(run);
        measureSteps(run, steps, result);
        // Before the roof, whose buffers must not count as the step's.
        result.memory(before, ProcessMemory.now().peakBytes(), isPeakOurs);
      }
      measureRoof(roof, result);
    }
    return result.fields();
  }

  private int warmUp(SyntheticRun run) {
    progress.accept("warming up");
    List<SyntheticRun.Step> first = run.run(WARM_UP_STEPS);
    if (plan.steps() > 0) {
      return plan.steps();
    }
    double seconds = Spread.of(first.stream().map(SyntheticRun.Step::seconds).toList()).min();
    return (int) Math.max(MIN_STEPS, Math.min(MAX_STEPS, Math.round(ROUND_SECONDS / seconds)));
  }

  private void measureRoof(GemmRoof roof, StepResult result) {
    progress.accept("timing matrix products");
    result.roof(roof.measure());
  }

  private void measureSteps(SyntheticRun run, int steps, StepResult result) throws IOException {
    if (plan.peer() == PeerKind.NONE) {
      for (int round = 1; round <= plan.rounds(); round++) {
        ownRound(run, round, steps, result);
      }
      return;
    }
    progress.accept("starting the peer");
    try (LineProcess peer =
        TorchPeer.start(
            TorchPeer.STEP, List.of(), plan.python(), plan.peerSettings(), plan.threads())) {
      result.peer().facts(peer.reply());
      peerSteps(peer, 1);
      for (int round = 1; round <= plan.rounds(); round++) {
        ownRound(run, round, steps, result);
        progress.accept("round " + round + " of " + plan.rounds() + ": " + plan.peer());
        result.peer().steps(peerSteps(peer, steps));
      }
      progress.accept("timing the peer's operations");
      result.peer().operations(peer.ask(Map.of("do", "op_mix")));
    }
  }

  private static JsonNode peerSteps(LineProcess peer, int steps) throws IOException {
    return peer.ask(Map.of("do", "steps", "count", steps));
  }

  private void ownRound(SyntheticRun run, int round, int steps, StepResult result) {
    List<SyntheticRun.Step> done = run.run(steps);
    result.steps(done);
    double median = Spread.of(done.stream().map(SyntheticRun.Step::seconds).toList()).median();
    progress.accept(
        String.format(
            Locale.ROOT,
            "round %d of %d: %d steps of %.3f s",
            round,
            plan.rounds(),
            steps,
            median));
  }
}
