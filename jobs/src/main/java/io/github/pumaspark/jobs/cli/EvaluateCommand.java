package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.evaluate.EvaluateJob;
import io.github.pumaspark.jobs.spark.LazySession;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.Checkpoints;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma evaluate}. */
@Command(
    name = "evaluate",
    description = "Score checkpoints on a dataset; what is scored already is not done again.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--checkpoints",
      required = true,
      paramLabel = "GLOB",
      description = "Checkpoint directories, such as 'runs/*/checkpoints/*'.")
  private String checkpoints = "";

  @Option(
      names = "--weights",
      paramLabel = "ema|raw",
      description =
          "The moving average, or the weights themselves; default: the average if there is one.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable String weights;

  @Option(names = "--task", description = "evaluate.task: sudoku or nll.")
  private @Nullable String task;

  @Option(
      names = "--data",
      paramLabel = "DATASET",
      description = "A dataset directory (with manifest.json); dataset.validation if not given.")
  private @Nullable String data;

  @Option(
      names = "--order",
      split = ",",
      description =
          "evaluate.orders: max-prob, margin, entropy, random or left-to-right, comma-separated.")
  private List<String> orders = List.of();

  @Option(
      names = "--tokens-per-step",
      split = ",",
      description = "evaluate.tokens-per-step: comma-separated counts.")
  private List<String> tokensPerStep = List.of();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Where the results go.")
  private String out = "";

  @Override
  public Integer call() throws Exception {
    List<String> flags = new ArrayList<>();
    Flags.add(flags, "evaluate.task", task);
    Flags.add(flags, "dataset.validation", data);
    Flags.addList(flags, "evaluate.orders", orders);
    if (!tokensPerStep.isEmpty()) {
      flags.add("evaluate.tokens-per-step=[" + String.join(",", tokensPerStep) + "]");
    }
    EffectiveConfig config = options.load(flags.toArray(String[]::new));
    config.require("dataset.validation");
    Configuration configuration = LazySession.fileSystems();
    List<Checkpoint> found = Checkpoints.glob(checkpoints, configuration);
    EvaluateJob job =
        new EvaluateJob(
            config.values().evaluate(),
            config.values().cluster(),
            WeightChoice.of(weights),
            configuration);
    PrintWriter results = Flags.out(spec);
    if (options.isDryRun()) {
      ConfigOptions.print(config, results);
      results.println("# " + found.size() + " checkpoints");
      return ExitCodes.OK;
    }
    try (LazySession session = new LazySession("puma evaluate", config.values().cluster())) {
      Path dataset = new Path(config.values().dataset().validation());
      for (EvaluationResult result : job.run(session, found, dataset, new Path(out))) {
        result
            .metrics()
            .forEach(
                (name, metric) ->
                    results.printf(
                        Locale.ROOT,
                        "%s\t%s\t%s\t%.6f%n",
                        result.unit().model().name(),
                        result.unit().task().name() + "/" + result.unit().task().label(),
                        name,
                        metric.value()));
      }
    }
    return ExitCodes.OK;
  }
}
