package io.github.pumaspark.model.collective;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Byte streams through {@link RecordCipher}. */
final class RecordStreams {
  private RecordStreams() {}

  /** Seals what is written, in records of at most the largest size. */
  static OutputStream sealing(OutputStream out, byte[] key) {
    return new Output(out, RecordCipher.sealing(key));
  }

  /** Opens what arrives; a record that does not open ends the stream with an exception. */
  static InputStream opening(InputStream in, byte[] key) {
    return new Input(in, RecordCipher.opening(key));
  }

  private static final class Output extends OutputStream {
    private final OutputStream out;
    private final RecordCipher cipher;
    private final byte[] record =
        new byte[RecordCipher.MAX_PLAIN_BYTES + RecordCipher.OVERHEAD_BYTES];

    Output(OutputStream out, RecordCipher cipher) {
      this.out = out;
      this.cipher = cipher;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      for (int done = 0; done < length; ) {
        int n = Math.min(RecordCipher.MAX_PLAIN_BYTES, length - done);
        out.write(record, 0, cipher.seal(bytes, offset + done, n, record));
        done += n;
      }
    }
  }

  private static final class Input extends InputStream {
    private final InputStream in;
    private final RecordCipher cipher;
    private final byte[] sealed =
        new byte[RecordCipher.MAX_PLAIN_BYTES + RecordCipher.OVERHEAD_BYTES];
    private final byte[] plain = new byte[RecordCipher.MAX_PLAIN_BYTES];
    private int position;
    private int limit;

    Input(InputStream in, RecordCipher cipher) {
      this.in = in;
      this.cipher = cipher;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (position == limit && !nextRecord()) {
        return -1;
      }
      int n = Math.min(length, limit - position);
      System.arraycopy(plain, position, bytes, offset, n);
      position += n;
      return n;
    }

    private boolean nextRecord() throws IOException {
      int header = in.readNBytes(sealed, 0, Integer.BYTES);
      if (header == 0) {
        return false;
      }
      if (header < Integer.BYTES) {
        throw new EOFException("connection closed inside a record");
      }
      int length = RecordCipher.checkLength(ByteBuffer.wrap(sealed).getInt(0));
      if (in.readNBytes(sealed, 0, length) < length) {
        throw new EOFException("connection closed inside a record");
      }
      limit = cipher.open(sealed, length, plain);
      position = 0;
      return true;
    }
  }
}
