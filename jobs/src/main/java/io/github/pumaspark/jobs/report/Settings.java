package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** An effective configuration as dotted keys; values that grant access are not shown. */
final class Settings {
  static final String HIDDEN = "(hidden)";

  private static final Pattern SECRET =
      Pattern.compile(
          "secret|passw|passphrase|credential|(access|private|session|auth|api)[._-]?(key|token)",
          Pattern.CASE_INSENSITIVE);

  private Settings() {}

  /** Flattens nested objects; lists stay one value. */
  static SortedMap<String, String> flatten(JsonNode root) {
    SortedMap<String, String> values = new TreeMap<>();
    flatten("", root, values);
    return values;
  }

  private static void flatten(String prefix, JsonNode node, Map<String, String> into) {
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      String key = prefix + field.getKey();
      JsonNode value = field.getValue();
      if (value.isObject() && !value.isEmpty()) {
        flatten(key + ".", value, into);
      } else if (SECRET.matcher(key).find()) {
        into.put(key, HIDDEN);
      } else {
        into.put(key, value.isValueNode() ? value.asText() : value.toString());
      }
    }
  }
}
