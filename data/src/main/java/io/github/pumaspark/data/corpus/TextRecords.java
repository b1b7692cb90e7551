package io.github.pumaspark.data.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Contents as documents of bounded length. */
final class TextRecords extends CorpusRecords {
  private static final byte[] NOTHING = {};

  private final int maxBytes;
  private final CharBuffer scratch = CharBuffer.allocate(1 << 13);
  private @Nullable InputStream content;
  private byte[] carried = NOTHING;
  private long line;

  TextRecords(CorpusEntries entries, int maxBytes) {
    super(entries);
    this.maxBytes = maxBytes;
  }

  @Override
  long line() {
    return line;
  }

  @Override
  @Nullable CorpusRecord advance(CorpusEntries entries) throws IOException {
    while (true) {
      if (content == null) {
        line = 0;
        carried = NOTHING;
        content = entries.next();
        if (content == null) {
          return null;
        }
      }
      byte[] bytes = carriedAnd(content.readNBytes(maxBytes + 1 - carried.length));
      if (bytes.length > maxBytes) {
        return part(entries.source(), bytes);
      }
      content = null;
      if (bytes.length > 0) {
        return recordOf(entries.source(), line, bytes);
      }
    }
  }

  private byte[] carriedAnd(byte[] read) {
    if (carried.length == 0) {
      return read;
    }
    byte[] both = Arrays.copyOf(carried, carried.length + read.length);
    System.arraycopy(read, 0, both, carried.length, read.length);
    return both;
  }

  /** A document of the lines that fit; the bytes after them are carried to the next part. */
  private CorpusRecord part(String source, byte[] bytes) {
    long first = Math.max(line, 1);
    line = first;
    int length = 0;
    for (int i = 0; i < maxBytes; i++) {
      if (bytes[i] == '\n') {
        length = i + 1;
        line++;
      }
    }
    CorpusRecord record =
        length > 0
            ? recordOf(source, first, Arrays.copyOf(bytes, length))
            : QuarantinedRecord.of(
                source,
                first,
                hasNul(bytes) ? QuarantinedRecord.BINARY : QuarantinedRecord.TOO_LONG,
                bytes);
    if (record instanceof QuarantinedRecord) {
      content = null;
    } else {
      carried = Arrays.copyOfRange(bytes, length, bytes.length);
    }
    return record;
  }

  private CorpusRecord recordOf(String source, long first, byte[] bytes) {
    if (hasNul(bytes)) {
      return QuarantinedRecord.of(source, first, QuarantinedRecord.BINARY, bytes);
    }
    if (!isUtf8(bytes)) {
      return QuarantinedRecord.of(source, first, QuarantinedRecord.NOT_UTF8, bytes);
    }
    return new Document(source, first, bytes);
  }

  private boolean isUtf8(byte[] bytes) {
    // A fresh decoder reports malformed input instead of replacing it.
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CoderResult result;
    do {
      scratch.clear();
      result = decoder.decode(in, scratch, true);
    } while (result.isOverflow());
    return !result.isError();
  }

  private static boolean hasNul(byte[] bytes) {
    for (byte b : bytes) {
      if (b == 0) {
        return true;
      }
    }
    return false;
  }
}
