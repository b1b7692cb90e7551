package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.lang.ConfigException;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/** Globs over relative names with {@code /} between folders; {@code **} crosses folders. */
final class IncludePatterns {
  private final List<String> globs;
  private final List<PathMatcher> matchers = new ArrayList<>();

  /** No glob means that every name matches. */
  IncludePatterns(List<String> globs) {
    this.globs = List.copyOf(globs);
    for (String glob : globs) {
      try {
        matchers.add(FileSystems.getDefault().getPathMatcher("glob:" + glob));
      } catch (PatternSyntaxException e) {
        throw new ConfigException(
            "Invalid include pattern: '%s' (%s)".formatted(glob, e.getDescription()));
      }
    }
  }

  /** Whether a name is wanted; a leading {@code **}{@code /} matches no folder, too. */
  boolean matches(String name) {
    if (matchers.isEmpty()) {
      return true;
    }
    try {
      Path relative = Path.of(name);
      Path rooted = Path.of('/' + name);
      return matchers.stream().anyMatch(m -> m.matches(relative) || m.matches(rooted));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** For messages: empty without globs, else {@code " matching 'a', 'b'"}. */
  String description() {
    return globs.isEmpty() ? "" : " matching '" + String.join("', '", globs) + "'";
  }
}
