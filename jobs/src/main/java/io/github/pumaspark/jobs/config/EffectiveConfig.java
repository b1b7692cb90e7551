package io.github.pumaspark.jobs.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.github.pumaspark.data.lang.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A complete, checked configuration: the typed values, where each came from, and the runs of a
 * pipeline.
 *
 * <p>Precedence: {@code key=value} overrides, then the file, then the preset that {@code
 * run.preset} names in either, then the defaults. Immutable.
 */
public final class EffectiveConfig {
  private final RunConfig values;
  private final Config resolved;
  private final List<Setting> settings;
  private final Map<String, EffectiveConfig> runs;

  EffectiveConfig(
      RunConfig values,
      Config resolved,
      List<Setting> settings,
      Map<String, EffectiveConfig> runs) {
    this.values = values;
    this.resolved = resolved;
    this.settings = List.copyOf(settings);
    this.runs = runs;
  }

  /**
   * Reads a file and overrides.
   *
   * @param file HOCON; null = preset and defaults only
   * @param overrides each {@code key=value}; the value is HOCON for numbers and lists ({@code a,b}
   *     works for lists too), and taken as it stands for texts
   * @throws ConfigException naming every problem of the configuration, one line each
   */
  public static EffectiveConfig load(@Nullable Path file, List<String> overrides) {
    if (file == null) {
      return read(ConfigFactory.empty(), overrides);
    }
    if (!Files.isRegularFile(file)) {
      throw new ConfigException(
          "Cannot read configuration '"
              + file
              + (Files.isDirectory(file) ? "': it is a directory" : "': no such file"));
    }
    try {
      return read(
          ConfigFactory.parseFile(
              file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false)),
          overrides);
    } catch (com.typesafe.config.ConfigException e) {
      throw new ConfigException("Cannot read configuration: " + e.getMessage());
    }
  }

  /**
   * Reads HOCON or JSON text, such as what {@link #toJson} gave.
   *
   * @param origin what to call the text in messages
   * @throws ConfigException as {@link #load}
   */
  public static EffectiveConfig parse(String text, String origin, List<String> overrides) {
    try {
      return read(
          ConfigFactory.parseString(
              text, ConfigParseOptions.defaults().setOriginDescription(origin)),
          overrides);
    } catch (com.typesafe.config.ConfigException e) {
      throw new ConfigException("Cannot read configuration: " + e.getMessage());
    }
  }

  /** The typed values. */
  public RunConfig values() {
    return values;
  }

  /**
   * The runs of a pipeline by name, in alphabetical order: each this configuration with the run's
   * overlay, its name as {@code run.name} and {@code DIR/runs/NAME} as {@code run.directory}, where
   * DIR is this configuration's. Without a {@code runs} section there is one, named {@code
   * run.name}. Empty for a configuration that is itself a run of a pipeline.
   */
  public Map<String, EffectiveConfig> runs() {
    return Collections.unmodifiableMap(runs);
  }

  /** Every value and its source, in alphabetical order of keys. */
  public List<Setting> settings() {
    return settings;
  }

  /** Everything as JSON with sorted keys; {@link #parse} reads it back to the same values. */
  public String toJson() {
    return resolved
            .root()
            .render(ConfigRenderOptions.concise().setJson(true).setFormatted(true))
            .stripTrailing()
        + "\n";
  }

  /**
   * This configuration with some keys replaced, checked again; for commands that derive paths.
   *
   * @param replaced key to text, number or list
   * @throws ConfigException as {@link #load}
   */
  public EffectiveConfig with(Map<String, ?> replaced) {
    Config changed = resolved;
    for (Map.Entry<String, ?> entry : replaced.entrySet()) {
      changed =
          changed.withValue(
              entry.getKey(), ConfigValueFactory.fromAnyRef(entry.getValue(), "this command"));
    }
    return read(changed, List.of());
  }

  /**
   * Requires that keys without a usable default were set.
   *
   * @throws ConfigException naming every key whose value is an empty text or list
   */
  public void require(String... keys) {
    List<String> problems = new ArrayList<>();
    for (String key : keys) {
      Object value = resolved.getValue(key).unwrapped();
      if (value.equals("") || (value instanceof List<?> list && list.isEmpty())) {
        problems.add("Missing " + key + ": set it in the configuration file or as " + key + "=...");
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static EffectiveConfig read(Config file, List<String> overrides) {
    List<String> problems = new ArrayList<>();
    Config commandLine = Overrides.parse(overrides, problems);
    return new ConfigReader(commandLine, file, problems).read();
  }
}
