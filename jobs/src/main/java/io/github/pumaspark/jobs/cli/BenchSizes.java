package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What a benchmark trains: a configuration and what random tokens need; a picocli mixin. */
final class BenchSizes {
  @Mixin private ConfigOptions options = new ConfigOptions();

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description = "Sizes of network, batch and row: sudoku, tiny or tinygsm, as run.preset.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private String preset = "";

  @Option(names = "--precision", description = "fp32 or bf16.")
  private String precision = "fp32";

  @Option(
      names = "--prompt-length",
      paramLabel = "N",
      description =
          "Tokens at the start of a row that are given; by default half of it for sudoku.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Integer promptLength;

  /**
   * The configuration of ranks on this machine.
   *
   * @param others more overrides
   * @throws ConfigException naming every problem
   */
  EffectiveConfig load(int ranks, int threads, String... others) {
    Flags.oneOf("--precision", precision, "fp32", "bf16");
    if (threads < 1) {
      throw new ConfigException("Invalid --threads: " + threads + " (must be at least 1)");
    }
    List<String> flags = new ArrayList<>(List.of(others));
    Flags.add(flags, "run.preset", preset.isEmpty() ? null : preset);
    Flags.add(flags, "train.precision", precision);
    Flags.add(flags, "cluster.ranks", String.valueOf(ranks));
    Flags.add(flags, "cluster.threads-per-rank", String.valueOf(threads));
    return options.load(flags.toArray(String[]::new));
  }

  /** Whether to stop after the checks. */
  boolean isDryRun() {
    return options.isDryRun();
  }

  /** Positions at the start of a row that are never masked. */
  int promptLength(RunConfig config) {
    boolean isHalfGiven = config.run().preset().equals("sudoku");
    int given = isHalfGiven ? config.network().maxPositions() / 2 : 0;
    return promptLength == null ? given : promptLength;
  }

  /** Rows of one step of one rank, unless told otherwise. */
  static int rows(RunConfig config) {
    int rows = config.train().microBatchSize();
    return rows > 0 ? rows : config.train().globalBatchSize();
  }
}
