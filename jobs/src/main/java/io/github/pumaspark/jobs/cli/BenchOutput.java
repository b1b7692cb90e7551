package io.github.pumaspark.jobs.cli;

import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How every benchmark shows its progress and its result; a picocli mixin. */
final class BenchOutput {
  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec spec;

  @Option(
      names = "--json",
      description = "Print one JSON object on one line.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean json;

  /** Takes lines of progress. */
  Consumer<String> progress() {
    PrintWriter err = Objects.requireNonNull(spec, "picocli sets it").commandLine().getErr();
    return line -> {
      err.println("puma: " + line);
      err.flush();
    };
  }

  /** Prints the result's values by name. */
  void print(Map<String, Object> result) {
    PrintWriter out = Flags.out(spec);
    if (json) {
      ResultLine.print(result, out);
    } else {
      ResultTable.print(result, out);
    }
  }
}
