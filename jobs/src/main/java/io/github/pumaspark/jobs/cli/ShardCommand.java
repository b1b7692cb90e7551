package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import io.github.pumaspark.jobs.spark.LazySession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma shard}. */
@Command(
    name = "shard",
    description = "Make token datasets from a corpus: <output>/train and <output>/validation.")
final class ShardCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--input",
      paramLabel = "PATH",
      arity = "1..*",
      description = "shard.input: files, directories, globs, zip or jar archives.")
  private List<String> input = List.of();

  @Option(names = "--output", paramLabel = "DIR", description = "shard.output.")
  private @Nullable String output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "shard.format: sudoku-csv or text.")
  private @Nullable String format;

  @Override
  public Integer call() throws Exception {
    List<String> flags = new ArrayList<>();
    Flags.addList(flags, "shard.input", input);
    Flags.add(flags, "shard.output", output);
    Flags.add(flags, "shard.format", format);
    EffectiveConfig config = options.load(flags.toArray(String[]::new));
    config.require("shard.input");
    if (options.isDryRun()) {
      ConfigOptions.print(config, Flags.out(spec));
      return ExitCodes.OK;
    }
    try (LazySession session = new LazySession("puma shard", config.values().cluster())) {
      ShardJob.Result result =
          new ShardJob(config.values().shard(), LazySession.fileSystems()).run(session);
      ResultLine.print(result, Flags.out(spec));
    }
    return ExitCodes.OK;
  }
}
