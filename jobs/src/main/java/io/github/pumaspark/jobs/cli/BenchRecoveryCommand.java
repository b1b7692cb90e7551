package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.bench.Fault;
import io.github.pumaspark.jobs.bench.RecoveryBench;
import io.github.pumaspark.jobs.bench.RecoveryPlan;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma bench recovery}. */
@Command(
    name = "recovery",
    description =
        "Train on this machine, kill or freeze one executor, and time how long it takes until the"
            + " training goes on.")
final class BenchRecoveryCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();
  @Mixin private BenchOutput output = new BenchOutput();
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--fault", description = "kill (SIGKILL) or stop (SIGSTOP) one executor.")
  private String fault = "kill";

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Sizes of network and batch: sudoku or tiny, as run.preset.")
  private String preset = "sudoku";

  @Option(names = "--ranks", paramLabel = "N", description = "Executors.")
  private int ranks = 2;

  @Option(names = "--precision", description = "fp32 or bf16.")
  private String precision = "fp32";

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description = "Steps between checkpoints: what may be lost.")
  private int checkpointEvery = 10;

  @Option(names = "--rounds", paramLabel = "N", description = "Faults, one after another.")
  private int rounds = 1;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      description = "Longest time for training to begin, and to begin again after a fault.")
  private int limitSeconds = 180;

  @Override
  public Integer call() throws Exception {
    Flags.oneOf("--fault", fault, "kill", "stop");
    Flags.oneOf("--preset", preset, "sudoku", "tiny");
    Flags.oneOf("--precision", precision, "fp32", "bf16");
    EffectiveConfig config =
        options.load(
            "run.preset=" + preset,
            "cluster.ranks=" + ranks,
            "train.precision=" + precision,
            "train.checkpoint-every=" + checkpointEvery,
            "train.keep-last=2",
            "train.log-every=1",
            // Longer than anybody waits.
            "train.steps=100000000");
    RecoveryPlan plan =
        new RecoveryPlan(
            config,
            Fault.valueOf(fault.toUpperCase(Locale.ROOT)),
            rounds,
            limitSeconds,
            Puma.class.getName());
    if (options.isDryRun()) {
      ConfigOptions.print(config, Flags.out(spec));
      return ExitCodes.OK;
    }
    output.print(new RecoveryBench(plan, output.progress()).run());
    return ExitCodes.OK;
  }
}
