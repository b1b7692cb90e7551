package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.jobs.train.TrainJob;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma train}. */
@Command(
    name = "train",
    description = "Train a run, or go on with it; the same command again resumes.")
final class TrainCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();

  @Option(
      names = "--fresh",
      description = "Delete the run that is in run.directory, and start over.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean fresh;

  @Option(
      names = "--no-lease",
      description =
          "Do not make sure that no other driver works in run.directory (run.lease = false).",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean noLease;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    EffectiveConfig config = noLease ? options.load("run.lease=false") : options.load();
    TrainJob resuming = new TrainJob(config, LazySession.fileSystems());
    TrainJob job = fresh ? resuming.startingOver() : resuming;
    SparkSessions.check(config.values().cluster());
    if (options.isDryRun()) {
      ConfigOptions.print(config, Flags.out(spec));
      job.plan().forEach(line -> Flags.out(spec).println("# " + line));
      return ExitCodes.OK;
    }
    try (LazySession session =
        new LazySession("puma train " + config.values().run().name(), config.values().cluster())) {
      TrainJob.Result result = job.run(session);
      ResultLine.print(result.summary(), Flags.out(spec));
      return result.isFinished() ? ExitCodes.OK : ExitCodes.RUN_AGAIN;
    }
  }
}
