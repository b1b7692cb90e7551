package io.github.pumaspark.jobs.report;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.jspecify.annotations.Nullable;

/** Reads JSON with missing and additional fields, and writes JSON that may stand in a page. */
final class Json {
  static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Non-ASCII, and every character that could end or open markup, as \\u escapes. */
  private static final JsonMapper PAGE =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  static {
    PAGE.getFactory().setCharacterEscapes(new MarkupEscapes());
  }

  private Json() {}

  /** JSON text that is safe inside a {@code script} element. */
  static String forPage(Object value) {
    try {
      return PAGE.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain lists, maps and numbers always have JSON", e);
    }
  }

  /** Where a text stops being JSON, in words. */
  static String place(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return at == null
        ? "not JSON"
        : "not JSON at line " + at.getLineNr() + ", column " + at.getColumnNr();
  }

  /** A number field, NaN when it is missing or no number. */
  static double number(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isNumber() ? value.asDouble() : Double.NaN;
  }

  /** A text field, empty when it is missing or null. */
  static String text(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.isNull() ? "" : value.asText("");
  }

  /** A number as JSON has it: null in place of NaN and infinities. */
  static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static final class MarkupEscapes extends CharacterEscapes {
    private static final long serialVersionUID = 1;

    @Override
    public int[] getEscapeCodesForAscii() {
      int[] codes = standardAsciiEscapesForJSON();
      for (char c : new char[] {'<', '>', '&', '\'', '/'}) {
        codes[c] = ESCAPE_STANDARD;
      }
      return codes;
    }

    @Override
    public @Nullable SerializableString getEscapeSequence(int ch) {
      return new SerializedString(String.format(java.util.Locale.ROOT, "\\u%04x", ch));
    }
  }
}
