package io.github.pumaspark.data.corpus;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A record that cannot be used, kept so that nothing disappears without a trace.
 *
 * @param source the file, as {@code path} or {@code path!entry}
 * @param line its first line from 1; 0 for a whole file
 * @param reason stable kebab-case code: one of the constants here or a {@code PuzzleFault} code
 * @param excerpt how it begins, or what the decoder said: at most 120 printable ASCII characters
 */
public record QuarantinedRecord(String source, long line, String reason, String excerpt)
    implements CorpusRecord {
  /** The compressed stream or archive is damaged or ends early; what follows in it is lost. */
  public static final String UNREADABLE = "unreadable";

  /** Holds a NUL byte, so is no text. */
  public static final String BINARY = "binary";

  /** Is not valid UTF-8. */
  public static final String NOT_UTF8 = "not-utf8";

  /** Longer than the limit without a line end; the rest of the line or file is skipped. */
  public static final String TOO_LONG = "too-long";

  /** The columns are not {@code puzzle} or {@code puzzle,solution}, or not those of the header. */
  public static final String WRONG_COLUMNS = "wrong-columns";

  private static final int EXCERPT_LENGTH = 120;

  static QuarantinedRecord of(String source, long line, String reason, byte[] content) {
    byte[] head = Arrays.copyOf(content, Math.min(content.length, EXCERPT_LENGTH));
    return of(source, line, reason, new String(head, StandardCharsets.ISO_8859_1));
  }

  static QuarantinedRecord of(String source, long line, String reason, String text) {
    StringBuilder excerpt = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), EXCERPT_LENGTH); i++) {
      char c = text.charAt(i);
      excerpt.append(' ' <= c && c <= '~' ? c : '?');
    }
    return new QuarantinedRecord(source, line, reason, excerpt.toString());
  }
}
