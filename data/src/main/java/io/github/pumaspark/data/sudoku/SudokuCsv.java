package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.storage.Storage;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Writes the common CSV: a header {@code puzzle,solution}, then one puzzle per line, one character
 * per cell, {@code 0} for a blank; lines end with a line feed.
 */
public final class SudokuCsv {
  /** The first line of a file. */
  public static final String HEADER = "puzzle,solution";

  private SudokuCsv() {}

  /**
   * Writes the puzzles 0 to {@code count} - 1 of a generator; the file appears complete or not at
   * all, and its bytes depend on the generator's arguments and {@code count} only.
   */
  public static void write(
      Path target, Configuration configuration, SudokuGenerator generator, long count)
      throws IOException {
    Storage.writeAtomically(target, configuration, out -> write(out, generator, count));
  }

  /** Writes to an open stream in constant memory; flushes but does not close it. */
  public static void write(OutputStream out, SudokuGenerator generator, long count)
      throws IOException {
    BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
    try {
      writeLine(buffered, HEADER);
      generator.generate(0, count, puzzle -> writeLine(buffered, puzzle.toString()));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    buffered.flush();
  }

  private static void writeLine(OutputStream out, String line) {
    try {
      out.write(line.getBytes(StandardCharsets.US_ASCII));
      out.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
