package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.bench.PeerKind;
import io.github.pumaspark.jobs.bench.StepBench;
import io.github.pumaspark.jobs.bench.StepBenchPlan;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma bench step}. */
@Command(
    name = "step",
    description =
        "Time the training step on random tokens: tokens and GFLOP/s, the share of the machine's"
            + " matrix-product speed, memory, and the ratio to PyTorch.")
final class BenchStepCommand implements Callable<Integer> {
  @Mixin private BenchSizes sizes = new BenchSizes();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads; by default all of this machine's.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--peer",
      description =
          "Compare with PyTorch in float32 (pytorch-eager) or with bfloat16 autocast"
              + " (pytorch-autocast), in turns; or none.")
  private String peer = "none";

  @Option(
      names = "--peer-attention",
      description =
          "default (the kernel that PyTorch's scaled_dot_product_attention chooses) or math (its"
              + " matrix products).")
  private String peerAttention = "default";

  @Option(names = "--rounds", paramLabel = "N", description = "Turns of ours and the peer.")
  private int rounds = 4;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps of a round; 0 = as many as take about 5 seconds, 2 to 50.")
  private int steps;

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description = "Interpreter with torch, for the peer.",
      defaultValue = "${env:PUMA_PYTHON:-python3}")
  private String python = "";

  @Mixin private BenchOutput output = new BenchOutput();

  @Override
  public Integer call() throws Exception {
    EffectiveConfig config = sizes.load(1, threads);
    StepBenchPlan plan = plan(config);
    StepBench.check(plan);
    if (sizes.isDryRun()) {
      ConfigOptions.print(config, Flags.out(spec));
      return ExitCodes.OK;
    }
    output.print(new StepBench(plan, output.progress()).run());
    return ExitCodes.OK;
  }

  private StepBenchPlan plan(EffectiveConfig effective) {
    RunConfig config = effective.values();
    Flags.oneOf("--peer-attention", peerAttention, "default", "math");
    String name = config.run().preset();
    // A preset's average is for its whole run, and would change what is compared.
    boolean isAverageAskedFor =
        effective.settings().stream()
            .filter(setting -> setting.key().equals("optimizer.ema-decay"))
            .noneMatch(setting -> setting.source().startsWith("preset "));
    return new StepBenchPlan(
        name.isEmpty() ? config.run().name() : name,
        config.network(),
        config.masking(),
        isAverageAskedFor ? config.optimizer() : StepBenchPlan.withoutAverage(config.optimizer()),
        StepBenchPlan.oneMicroBatch(config),
        sizes.promptLength(config),
        threads,
        rounds,
        steps,
        PeerKind.of(peer),
        peerAttention.equals("math"),
        python);
  }
}
