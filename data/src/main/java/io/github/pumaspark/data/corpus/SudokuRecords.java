package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.sudoku.InvalidPuzzleException;
import io.github.pumaspark.data.sudoku.PuzzleParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lines of {@code puzzle,solution} as puzzles; blank lines are no records. */
final class SudokuRecords extends CorpusRecords {
  /** Two 9x9 grids take 163 bytes; the rest is for other columns of users' files. */
  static final int MAX_LINE_BYTES = 4096;

  private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

  private final PuzzleParser parser;
  private SudokuColumns columns = SudokuColumns.UNNAMED;
  private @Nullable BoundedLines lines;

  SudokuRecords(CorpusEntries entries, PuzzleParser parser) {
    super(entries);
    this.parser = parser;
  }

  @Override
  long line() {
    return lines == null ? 0 : lines.number();
  }

  @Override
  @Nullable CorpusRecord advance(CorpusEntries entries) throws IOException {
    while (true) {
      if (lines == null) {
        InputStream content = entries.next();
        if (content == null) {
          return null;
        }
        lines = new BoundedLines(content, MAX_LINE_BYTES);
        columns = SudokuColumns.UNNAMED;
      }
      if (!lines.next()) {
        lines = null;
        continue;
      }
      CorpusRecord record = recordOf(entries.source(), lines);
      if (record != null) {
        return record;
      }
    }
  }

  private @Nullable CorpusRecord recordOf(String source, BoundedLines at) {
    byte[] bytes = at.bytes();
    if (at.isTooLong()) {
      return QuarantinedRecord.of(source, at.number(), QuarantinedRecord.TOO_LONG, bytes);
    }
    List<String> fields = fields(bytes, at.number());
    if (fields.size() == 1 && fields.get(0).isEmpty()) {
      return null;
    }
    if (at.number() == 1) {
      Optional<SudokuColumns> header = SudokuColumns.ofHeader(fields);
      if (header.isPresent()) {
        columns = header.get();
        return null;
      }
    }
    if (!columns.fit(fields)) {
      return QuarantinedRecord.of(source, at.number(), QuarantinedRecord.WRONG_COLUMNS, bytes);
    }
    try {
      return new PuzzleRecord(
          source, at.number(), parser.parse(columns.puzzleOf(fields), columns.solutionOf(fields)));
    } catch (InvalidPuzzleException e) {
      return QuarantinedRecord.of(source, at.number(), e.fault().code(), bytes);
    }
  }

  /** Fields without surrounding blanks and quotes; no field of this format holds a comma. */
  private static List<String> fields(byte[] bytes, long number) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (number == 1 && text.startsWith(BYTE_ORDER_MARK)) {
      text = text.substring(BYTE_ORDER_MARK.length());
    }
    List<String> fields = new ArrayList<>();
    for (String field : text.split(",", -1)) {
      String bare = field.strip();
      boolean quoted = bare.length() >= 2 && bare.startsWith("\"") && bare.endsWith("\"");
      fields.add(quoted ? bare.substring(1, bare.length() - 1) : bare);
    }
    return fields;
  }
}
