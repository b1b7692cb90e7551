package io.github.pumaspark.data.lang;

import java.util.List;

/** The user has to change a flag, a key or an input; printed without a stack trace, exit code 2. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** One problem, as one line that names the key or file, its value and the rule. */
  public ConfigException(String problem) {
    super(problem);
  }

  /** All problems found at once, one line each; at least one. */
  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
  }
}
