package io.github.pumaspark.jobs.tracking;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of a record file: a JSON object whose first fields are {@code step}, {@code generation}
 * and {@code void}. Lines of older builds lack the last two, which then are 0 and false.
 *
 * @param text without the line's end
 * @param isVoid whether the step was done again by a later generation
 */
record RecordLine(String text, long step, int generation, boolean isVoid) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  // A ledger's line is long, and only its beginning is of interest here.
  private static final Pattern BEGINNING =
      Pattern.compile(
          "\\{\"step\":([0-9]{1,18}),\"generation\":([0-9]{1,9}),\"void\":(true|false)[,}]");

  /** The text of a new line. */
  static String text(long step, int generation, ObjectNode fields) {
    return write(
        JsonNodeFactory.instance
            .objectNode()
            .put("step", step)
            .put("generation", generation)
            .put("void", false)
            .setAll(fields));
  }

  /**
   * Reads a line.
   *
   * @param isWhole whether it is known not to be cut short
   * @throws JsonProcessingException if it is no JSON
   * @throws IllegalArgumentException if it is no record
   */
  static RecordLine of(String text, boolean isWhole) throws JsonProcessingException {
    Matcher beginning = BEGINNING.matcher(text);
    if (isWhole && beginning.lookingAt() && text.endsWith("}")) {
      return new RecordLine(
          text,
          Long.parseLong(beginning.group(1)),
          Integer.parseInt(beginning.group(2)),
          "true".equals(beginning.group(3)));
    }
    JsonNode tree = JSON.readTree(text);
    if (!tree.path("step").canConvertToLong()) {
      throw new IllegalArgumentException("not a record: it has no step");
    }
    return new RecordLine(
        text,
        tree.path("step").asLong(),
        tree.path("generation").asInt(),
        tree.path("void").asBoolean());
  }

  /** The text of this line once its step has been done again. */
  String voided() throws JsonProcessingException {
    Matcher beginning = BEGINNING.matcher(text);
    if (beginning.lookingAt()) {
      return text.substring(0, beginning.start(3)) + "true" + text.substring(beginning.end(3));
    }
    ObjectNode fields = (ObjectNode) JSON.readTree(text);
    return write(
        JsonNodeFactory.instance
            .objectNode()
            .put("step", step)
            .put("generation", generation)
            .put("void", true)
            .setAll(fields.remove(List.of("step", "generation", "void"))));
  }

  private static String write(JsonNode line) {
    try {
      return JSON.writeValueAsString(line);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree always has JSON", e);
    }
  }
}
