package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.bench.CheckpointBench;
import io.github.pumaspark.jobs.bench.CheckpointPlan;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma bench checkpoint}. */
@Command(
    name = "checkpoint",
    description =
        "Time the training step in which the state for a checkpoint is copied against steps without"
            + " one, and the writing.")
final class BenchCheckpointCommand implements Callable<Integer> {
  @Mixin private BenchSizes sizes = new BenchSizes();
  @Mixin private BenchOutput output = new BenchOutput();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "CPU threads that compute; by default all but one of this machine's, which is left to the"
              + " copy, as where a GPU computes.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Rows of a step; 0 = train.micro-batch-size, or else train.global-batch-size.")
  private int rows = 2;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description =
          "Where to write, and remove again; by default the directory of temporary files.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Path directory;

  @Option(names = "--rounds", paramLabel = "N", description = "Checkpoints to time.")
  private int rounds = 3;

  @Option(names = "--steps", paramLabel = "N", description = "Steps before each of them.")
  private int steps = 2;

  @Override
  public Integer call() throws Exception {
    EffectiveConfig config = sizes.load(1, threads);
    int batch = rows == 0 ? BenchSizes.rows(config.values()) : rows;
    CheckpointPlan plan =
        new CheckpointPlan(
            config.with(Map.of("train.global-batch-size", batch)),
            sizes.promptLength(config.values()),
            directory,
            rounds,
            steps);
    if (sizes.isDryRun()) {
      ConfigOptions.print(plan.config(), Flags.out(spec));
      return ExitCodes.OK;
    }
    output.print(new CheckpointBench(plan, output.progress()).run());
    return ExitCodes.OK;
  }
}
