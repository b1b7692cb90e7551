package io.github.pumaspark.data.lang;

/** Argument checks whose messages are shown to users as they are. */
public final class Check {
  private Check() {}

  /**
   * Requires a condition on an argument or a configured value.
   *
   * @throws IllegalArgumentException with the formatted message if {@code condition} is false
   */
  public static void argument(boolean condition, String format, Object... values) {
    if (!condition) {
      throw new IllegalArgumentException(String.format(java.util.Locale.ROOT, format, values));
    }
  }
}
