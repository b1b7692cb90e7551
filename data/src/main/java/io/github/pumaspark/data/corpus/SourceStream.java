package io.github.pumaspark.data.corpus;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Tells failures of the file system from damage found by a decoder above it: the former leave this
 * stream as {@link SourceException}.
 */
final class SourceStream extends FilterInputStream {
  SourceStream(InputStream in) {
    super(in);
  }

  /** The file system failed, not the content. */
  static final class SourceException extends IOException {
    private static final long serialVersionUID = 1;

    SourceException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /** At least 1: on 0, the JDK's gzip decoder takes the end of a member for that of the file. */
  @Override
  public int available() throws IOException {
    return Math.max(1, in.available());
  }

  @Override
  public int read() throws IOException {
    try {
      return in.read();
    } catch (IOException e) {
      throw new SourceException(e);
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return in.read(bytes, offset, length);
    } catch (IOException e) {
      throw new SourceException(e);
    }
  }
}
