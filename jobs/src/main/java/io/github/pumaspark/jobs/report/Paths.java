package io.github.pumaspark.jobs.report;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;

/** How paths are shown and compared: local ones without their scheme. */
final class Paths {
  private Paths() {}

  /** The same path without the slash at its end that one made of a URI may have. */
  static Path withoutSlash(Path path) {
    return new Path(path.toString());
  }

  static String show(Path path) {
    URI uri = path.toUri();
    return uri.getScheme() == null || uri.getScheme().equals("file")
        ? uri.getPath()
        : path.toString();
  }

  /** Whether {@code path}, as a result names it, lies in {@code directory}, as {@link #show}. */
  static boolean isInside(String path, String directory) {
    return !path.isEmpty() && (show(new Path(path)) + "/").startsWith(directory + "/");
  }

  /**
   * The shortest distinct names of some directories: the last component, with as many of the
   * components before it as it takes, and a number for a directory given twice.
   */
  static List<String> names(List<Path> directories) {
    List<String> names = new ArrayList<>();
    for (int depth = 1; depth <= 4; depth++) {
      names.clear();
      for (Path directory : directories) {
        names.add(tail(directory, depth));
      }
      if (names.stream().distinct().count() == names.size()) {
        return names;
      }
    }
    Map<String, Integer> seen = new HashMap<>();
    names.replaceAll(
        name -> {
          int count = seen.merge(name, 1, Integer::sum);
          return count == 1 ? name : name + " (" + count + ")";
        });
    return names;
  }

  private static String tail(Path directory, int components) {
    List<String> parts = new ArrayList<>();
    for (Path at = directory;
        at != null && parts.size() < components && !at.getName().isEmpty();
        at = at.getParent()) {
      parts.add(at.getName());
    }
    Collections.reverse(parts);
    return parts.isEmpty() ? show(directory) : String.join("/", parts);
  }
}
