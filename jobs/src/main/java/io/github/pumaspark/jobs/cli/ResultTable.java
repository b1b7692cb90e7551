package io.github.pumaspark.jobs.cli;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The fields of a result for people: a name and its value on each line. */
final class ResultTable {
  private ResultTable() {}

  /** Prints names as they are in the JSON result; members of maps follow their map's name. */
  static void print(Map<String, Object> fields, PrintWriter out) {
    fields.forEach((name, value) -> out.printf("%-28s %s%n", name, shown(value)));
    out.flush();
  }

  private static String shown(Object value) {
    if (value instanceof Double number) {
      return shown(number.doubleValue());
    } else if (value instanceof Long || value instanceof Integer) {
      return String.format(Locale.ROOT, "%,d", ((Number) value).longValue());
    } else if (value instanceof Map<?, ?> members) {
      return members.entrySet().stream()
          .map(member -> member.getKey() + " " + shown(Objects.requireNonNull(member.getValue())))
          .collect(Collectors.joining(", "));
    } else if (value instanceof List<?> members) {
      return members.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }
    return String.valueOf(value);
  }

  private static String shown(double number) {
    double size = Math.abs(number);
    String format = size >= 100 ? "%,.0f" : size >= 1 || size == 0 ? "%.2f" : "%.4f";
    return String.format(Locale.ROOT, format, number);
  }
}
