package io.github.pumaspark.jobs.report;

import java.util.List;

/**
 * A table of the page; every one can be sorted by any column.
 *
 * @param id element id, unique on the page
 * @param caption sentence above the table, empty for none
 */
record Table(String id, String caption, List<Column> columns, List<List<Cell>> rows) {

  /** A heading; numeric columns are aligned to the right. */
  record Column(String label, boolean numeric) {
    static Column text(String label) {
      return new Column(label, false);
    }

    static Column number(String label) {
      return new Column(label, true);
    }
  }

  /**
   * A cell.
   *
   * @param sort number to sort by, empty to sort by the text
   * @param style style class: empty, {@code hash}, {@code same}, {@code differs}, {@code key} or
   *     {@code path}
   * @param run index of the run whose mark is shown before the text, -1 for none
   * @param bar interval drawn behind the text, in percent of the column's width; empty or (low,
   *     value, high)
   */
  record Cell(String text, String sort, String style, int run, List<String> bar) {
    static Cell text(String text) {
      return new Cell(text, "", "", -1, List.of());
    }

    static Cell run(int run, String name) {
      return new Cell(name, "", "", run, List.of());
    }

    static Cell number(double value, String text) {
      return new Cell(text, Numbers.plain(value), "", -1, List.of());
    }

    static Cell count(double value) {
      return number(value, Numbers.count(value));
    }

    static Cell count(long value) {
      return new Cell(Numbers.count(value), Long.toString(value), "", -1, List.of());
    }

    static Cell seconds(double value) {
      return number(value, Numbers.seconds(value));
    }

    /** A long text without blanks, which may be broken anywhere. */
    static Cell path(String path) {
      return text(path).styled("path");
    }

    /** A hash, shown short; the whole of it shows on hover and in the downloads. */
    static Cell hash(String hash) {
      return new Cell(hash.isEmpty() ? Numbers.NONE : hash, "", "hash", -1, List.of());
    }

    /** A proportion with its interval, in figures and as a bar. */
    static Cell share(EvaluationRecord.Measure measure) {
      String text =
          (Numbers.share(measure.value()) + " " + Numbers.interval(measure.interval())).trim();
      List<String> bar =
          measure.interval().isKnown()
              ? List.of(
                  Numbers.plain(100 * measure.interval().low()),
                  Numbers.plain(100 * measure.value()),
                  Numbers.plain(100 * measure.interval().high()))
              : List.of();
      return new Cell(text, Numbers.plain(measure.value()), "", -1, bar);
    }

    /** Any other measured value with its interval. */
    static Cell measure(EvaluationRecord.Measure measure) {
      String text =
          (Numbers.significant(measure.value()) + " " + Numbers.interval(measure.interval()))
              .trim();
      return new Cell(text, Numbers.plain(measure.value()), "", -1, List.of());
    }

    Cell styled(String other) {
      return new Cell(text, sort, other, run, bar);
    }
  }
}
