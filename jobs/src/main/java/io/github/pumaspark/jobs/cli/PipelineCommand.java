package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.pipeline.Pipeline;
import io.github.pumaspark.jobs.pipeline.Summary;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.jobs.train.TrainPlan;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code puma pipeline}. */
@Command(
    name = "pipeline",
    description = "Shard, train every run, evaluate all checkpoints and report, in one go.")
final class PipelineCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();
  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    return run(options, options.load(), spec);
  }

  /** Runs a pipeline; its summary is the last line on standard output. */
  static int run(ConfigOptions options, EffectiveConfig config, @Nullable CommandSpec spec)
      throws Exception {
    Pipeline pipeline = new Pipeline(config, LazySession.fileSystems());
    SparkSessions.check(config.values().cluster());
    if (options.isDryRun()) {
      Map<String, TrainPlan> plans = pipeline.check();
      PrintWriter out = Flags.out(spec);
      ConfigOptions.print(config, out);
      plans.forEach(
          (name, plan) -> plan.lines().forEach(line -> out.println("# " + name + ": " + line)));
      return ExitCodes.OK;
    }
    String name = "puma pipeline " + config.values().run().name();
    Optional<Summary> summary;
    try (LazySession session = new LazySession(name, config.values().cluster())) {
      summary = pipeline.run(session);
    }
    summary.ifPresent(done -> ResultLine.print(done, Flags.out(spec)));
    return summary.isPresent() ? ExitCodes.OK : ExitCodes.RUN_AGAIN;
  }
}
