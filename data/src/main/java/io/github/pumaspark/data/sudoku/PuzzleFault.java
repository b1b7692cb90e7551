package io.github.pumaspark.data.sudoku;

/** Why a text is not a proper puzzle. The codes are stored with quarantined records. */
public enum PuzzleFault {
  /** The puzzle has not 16, 36 or 81 characters. */
  WRONG_LENGTH("wrong-length"),
  /** A puzzle of another size than the data set's. */
  WRONG_SIZE("wrong-size"),
  /** A character that is neither a digit of this size nor a blank ({@code 0} or {@code .}). */
  BAD_CHARACTER("bad-character"),
  /** Every cell is given. */
  NO_BLANK_CELL("no-blank-cell"),
  /** A digit is given twice in a row, column or box. */
  CONFLICTING_CLUES("conflicting-clues"),
  /** No grid agrees with the clues. */
  NO_SOLUTION("no-solution"),
  /** More than one grid agrees with the clues. */
  SEVERAL_SOLUTIONS("several-solutions"),
  /** The solver gave up. */
  UNDECIDED("undecided"),
  /** The solution is not a full grid of the puzzle's size in digits. */
  MALFORMED_SOLUTION("malformed-solution"),
  /** The solution is not the one that the clues have. */
  WRONG_SOLUTION("wrong-solution");

  private final String code;

  PuzzleFault(String code) {
    this.code = code;
  }

  /** The stable kebab-case name. */
  public String code() {
    return code;
  }
}
