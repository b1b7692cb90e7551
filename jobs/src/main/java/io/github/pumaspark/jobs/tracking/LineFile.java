package io.github.pumaspark.jobs.tracking;

import java.io.Closeable;
import java.io.IOException;

/** The end of a file of lines, where lines are added. Not thread-safe. */
interface LineFile extends Closeable {
  /**
   * Adds lines; they are on stable storage when it returns. On failure none of them is there, as
   * far as the store lets know.
   *
   * @param text whole lines, each with its end
   * @param lines how many
   */
  void append(byte[] text, int lines) throws IOException;

  /** Leaves one file that holds all. */
  @Override
  void close() throws IOException;
}
