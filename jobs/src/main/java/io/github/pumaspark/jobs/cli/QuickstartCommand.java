package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma quickstart}: the pipeline with an embedded configuration. */
@Command(
    name = "quickstart",
    description =
        "Train a small network on Sudoku with random masks and with PUMA, score all checkpoints, and"
            + " write a report; a few minutes on two cores.")
final class QuickstartCommand implements Callable<Integer> {
  @Mixin private ConfigOptions options = new ConfigOptions();
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--dir", paramLabel = "DIR", description = "Where everything goes.")
  private String directory = "quickstart";

  @Option(
      names = "--size",
      paramLabel = "N",
      description = "Board: 6, or 9 for puzzles that take far longer to learn.")
  private int size = 6;

  @Override
  public Integer call() throws Exception {
    if (size != 6 && size != 9) {
      throw new ConfigException("Invalid --size: " + size + " (must be 6 or 9)");
    }
    List<String> flags = new ArrayList<>();
    Flags.add(flags, "run.directory", directory);
    EffectiveConfig config =
        options.loadOr("sudoku" + size + "-quickstart.conf", flags.toArray(String[]::new));
    return PipelineCommand.run(options, config, spec);
  }
}
