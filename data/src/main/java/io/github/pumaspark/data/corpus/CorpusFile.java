package io.github.pumaspark.data.corpus;

import java.io.Serializable;
import java.util.Locale;

/**
 * One input file as found on the driver.
 *
 * @param path fully qualified, a Hadoop path
 * @param bytes its length when it was found
 * @param kind how its content is packed
 */
public record CorpusFile(String path, long bytes, Kind kind) implements Serializable {
  /** How the content of a file is packed. */
  public enum Kind {
    /** The content itself. */
    PLAIN,
    /** The content compressed: names ending in {@code .gz}. */
    GZIP,
    /** A container of many files: names ending in {@code .zip} or {@code .jar}. */
    ARCHIVE
  }

  static CorpusFile of(String path, long bytes) {
    return new CorpusFile(path, bytes, kindOf(path));
  }

  static Kind kindOf(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".zip") || lower.endsWith(".jar")) {
      return Kind.ARCHIVE;
    }
    return lower.endsWith(".gz") ? Kind.GZIP : Kind.PLAIN;
  }
}
