package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.bench.TrainRatioBench;
import io.github.pumaspark.jobs.bench.TrainRatioPlan;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma bench train}. */
@Command(
    name = "train",
    description =
        "Time training steps of ranks that communicate against as many processes that train alone at"
            + " the same time: what communication costs.")
final class BenchTrainCommand implements Callable<Integer> {
  @Mixin private BenchSizes sizes = new BenchSizes();
  @Mixin private BenchOutput output = new BenchOutput();
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--ranks", paramLabel = "N", description = "Ranks, a process each.")
  private int ranks = 2;

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads of each rank.")
  private int threads = 1;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description =
          "Rows of a step on each rank; 0 = train.micro-batch-size, or else"
              + " train.global-batch-size.")
  private int rows;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Turns of ranks that communicate, ranks that do not, and one alone.")
  private int rounds = 4;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps of a round; 0 = as many as take about 5 seconds, 2 to 50.")
  private int steps;

  @Override
  public Integer call() throws Exception {
    EffectiveConfig config = sizes.load(ranks, threads);
    TrainRatioPlan plan =
        new TrainRatioPlan(
            config,
            rows == 0 ? BenchSizes.rows(config.values()) : rows,
            sizes.promptLength(config.values()),
            rounds,
            steps);
    if (sizes.isDryRun()) {
      ConfigOptions.print(config, Flags.out(spec));
      return ExitCodes.OK;
    }
    output.print(new TrainRatioBench(plan, output.progress()).run());
    return ExitCodes.OK;
  }
}
