package io.github.pumaspark.jobs.config;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Which code this is; written into checkpoints, results and reports.
 *
 * @param version of the Maven project
 * @param commit abbreviated git commit, with {@code -dirty} if files had been changed; {@code
 *     unknown} when built outside a git checkout
 */
public record CodeVersion(String version, String commit) {

  /** The version of the running code, as its build recorded it. */
  public static CodeVersion current() {
    Properties build = new Properties();
    try (InputStream in = CodeVersion.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing from the class path");
      }
      build.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String commit = build.getProperty("commit", "");
    boolean isKnown = commit.matches("[0-9a-f]{7,40}");
    boolean isDirty = "true".equals(build.getProperty("dirty"));
    return new CodeVersion(
        build.getProperty("version", ""), isKnown ? commit + (isDirty ? "-dirty" : "") : "unknown");
  }

  /** {@code version+commit}. */
  @Override
  public String toString() {
    return version + "+" + commit;
  }
}
