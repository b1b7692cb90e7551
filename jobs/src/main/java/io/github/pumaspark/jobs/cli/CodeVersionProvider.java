package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.config.CodeVersion;
import picocli.CommandLine.IVersionProvider;

/** The line that {@code --version} prints. */
final class CodeVersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    CodeVersion version = CodeVersion.current();
    return new String[] {"puma-spark " + version.version() + " (commit " + version.commit() + ")"};
  }
}
