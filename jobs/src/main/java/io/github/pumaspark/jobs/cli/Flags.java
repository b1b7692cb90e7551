package io.github.pumaspark.jobs.cli;

import com.typesafe.config.ConfigUtil;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** From a command's own options to overrides of keys. */
final class Flags {
  private Flags() {}

  static void add(List<String> overrides, String key, @Nullable String value) {
    if (value != null) {
      overrides.add(key + "=" + value);
    }
  }

  static void addList(List<String> overrides, String key, List<String> values) {
    if (!values.isEmpty()) {
      overrides.add(
          key
              + "="
              + values.stream()
                  .map(ConfigUtil::quoteString)
                  .collect(Collectors.joining(",", "[", "]")));
    }
  }

  /**
   * Checks a word on the command line.
   *
   * @throws ConfigException if it is none of {@code words}
   */
  static void oneOf(String flag, String value, String... words) {
    if (!List.of(words).contains(value)) {
      throw new ConfigException(
          "Invalid " + flag + ": " + value + " (must be " + String.join(" or ", words) + ")");
    }
  }

  static PrintWriter out(@Nullable CommandSpec spec) {
    return Objects.requireNonNull(spec, "picocli sets it").commandLine().getOut();
  }
}
