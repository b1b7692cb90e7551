package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The options of every command that reads a run configuration; a picocli mixin. */
public final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Run configuration (HOCON); conf/README.md lists every key.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private @Nullable Path file;

  @Option(
      names = "--dry-run",
      description = "Check everything, print the effective configuration with sources, and stop.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean dryRun;

  @Parameters(
      arity = "0..*",
      paramLabel = "KEY=VALUE",
      description = "Overrides of the configuration, such as train.steps=500.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private List<String> overrides = new ArrayList<>();

  /**
   * Reads the file and the overrides.
   *
   * @param fromFlags overrides made from a command's own options, such as {@code dataset.train=X};
   *     they beat the user's
   * @throws io.github.pumaspark.data.lang.ConfigException naming every problem
   */
  public EffectiveConfig load(String... fromFlags) {
    List<String> all = new ArrayList<>(overrides);
    all.addAll(List.of(fromFlags));
    return EffectiveConfig.load(file, all);
  }

  /**
   * As {@link #load}, with a configuration of this package in place of a file that was not given.
   *
   * @param resource its name, as in {@code sudoku6-quickstart.conf}
   * @throws io.github.pumaspark.data.lang.ConfigException also if there is no such configuration
   */
  EffectiveConfig loadOr(String resource, String... fromFlags) throws IOException {
    if (file != null) {
      return load(fromFlags);
    }
    try (InputStream in = ConfigOptions.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new ConfigException("There is no built-in configuration '" + resource + "'");
      }
      List<String> all = new ArrayList<>(overrides);
      all.addAll(List.of(fromFlags));
      return EffectiveConfig.parse(
          new String(in.readAllBytes(), StandardCharsets.UTF_8), resource, all);
    }
  }

  /** Whether to stop after the checks. */
  public boolean isDryRun() {
    return dryRun;
  }

  /** Prints every effective value with its source, in the syntax of a configuration file. */
  public static void print(EffectiveConfig config, PrintWriter out) {
    for (Setting setting : config.settings()) {
      out.printf("%-48s # %s%n", setting.key() + " = " + setting.value(), setting.source());
    }
    out.flush();
  }
}
