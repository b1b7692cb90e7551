package io.github.pumaspark.jobs.config;

import io.github.pumaspark.data.lang.Check;
import java.util.regex.Pattern;

/**
 * Name, place and preset of a run, keys {@code run.*}.
 *
 * @param name shown in reports; letters, digits, dot, dash and underscore
 * @param directory where the run keeps checkpoints and metrics; for {@code pipeline} the directory
 *     that holds everything
 * @param preset one of {@link Presets#names}, whose settings lie between the user's and the
 *     defaults; empty = none
 * @param lease whether {@code train} makes sure that no other driver works in the directory
 */
public record RunSection(String name, String directory, String preset, boolean lease) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

  public RunSection {
    Check.argument(
        isName(name),
        "Invalid run.name: '%s' (letters, digits, dot, dash and underscore, starting with a letter or digit)",
        name);
    Check.argument(!directory.isBlank(), "run.directory must not be empty");
  }

  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }
}
