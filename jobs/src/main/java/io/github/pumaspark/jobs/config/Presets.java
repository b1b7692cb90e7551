package io.github.pumaspark.jobs.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import java.util.List;

/**
 * Built-in settings that key {@code run.preset} chooses by name: a layer between what the user
 * wrote and the defaults, kept in this package's {@code preset-NAME.conf}.
 */
public final class Presets {
  private static final List<String> NAMES = List.of("sudoku", "tiny", "tinygsm");

  private Presets() {}

  /** Every name, in alphabetical order. */
  public static List<String> names() {
    return NAMES;
  }

  /** The source of a preset's values, as users see it. */
  static String source(String name) {
    return "preset " + name;
  }

  /** The settings of one of {@link #names}; only some of the keys. */
  static Config load(String name) {
    return ConfigFactory.parseResources(
        Presets.class,
        "preset-" + name + ".conf",
        ConfigParseOptions.defaults().setAllowMissing(false).setOriginDescription(source(name)));
  }
}
