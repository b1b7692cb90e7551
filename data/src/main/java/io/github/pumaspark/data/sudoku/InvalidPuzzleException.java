package io.github.pumaspark.data.sudoku;

/** A text that is not a proper puzzle. Carries no stack trace: it describes data, not a bug. */
public final class InvalidPuzzleException extends Exception {
  private static final long serialVersionUID = 1;

  private final PuzzleFault fault;

  InvalidPuzzleException(PuzzleFault fault) {
    super("Invalid puzzle: " + fault.code(), null, false, false);
    this.fault = fault;
  }

  /** What is wrong. */
  public PuzzleFault fault() {
    return fault;
  }
}
