package io.github.pumaspark.data.corpus;

import java.io.InputStream;
import java.util.Arrays;

/** A stream of one byte over and over, so that a huge input needs no file. */
final class RepeatedByte extends InputStream {
  private final char value;
  private long left;

  RepeatedByte(char value, long length) {
    this.value = value;
    left = length;
  }

  @Override
  public int read() {
    return left-- > 0 ? value : -1;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) {
    int n = (int) Math.min(left, length);
    Arrays.fill(bytes, offset, offset + n, (byte) value);
    left -= n;
    return n == 0 ? -1 : n;
  }
}
