package io.github.pumaspark.data.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Lines of a stream, of which at most {@code maxBytes} are kept; memory does not grow with them.
 */
final class BoundedLines {
  private final InputStream in;
  private final byte[] buffer = new byte[1 << 16];
  private final byte[] line;
  private int position;
  private int end;
  private int length;
  private boolean tooLong;
  private long number;

  BoundedLines(InputStream in, int maxBytes) {
    this.in = in;
    line = new byte[maxBytes];
  }

  /** Moves to the next line; false at the end. A line feed ends a line, the last may lack it. */
  boolean next() throws IOException {
    length = 0;
    tooLong = false;
    number++;
    boolean any = false;
    while (true) {
      if (position == end) {
        position = 0;
        end = Math.max(in.read(buffer), 0);
        if (end == 0) {
          return any;
        }
      }
      any = true;
      int start = position;
      while (position < end && buffer[position] != '\n') {
        position++;
      }
      keep(start, position);
      if (position < end) {
        position++;
        return true;
      }
    }
  }

  private void keep(int from, int to) {
    int kept = Math.min(to - from, line.length - length);
    System.arraycopy(buffer, from, line, length, kept);
    length += kept;
    tooLong |= kept < to - from;
  }

  /** Number of the line moved to, from 1. */
  long number() {
    return number;
  }

  /** Whether the line has more than the bytes kept. */
  boolean isTooLong() {
    return tooLong;
  }

  /** The bytes kept, without line feed. */
  byte[] bytes() {
    return Arrays.copyOf(line, length);
  }
}
