package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** The bytes of one shard on their way out: counted, hashed, and framed as Arrow messages. */
final class ShardOutput {
  static final int ALIGNMENT = 8;
  static final int CONTINUATION = -1;

  private final OutputStream out;
  private final MessageDigest digest = Storage.sha256();
  private final CRC32C crc = new CRC32C();
  private long position;

  /** Writes to a stream that stays open. */
  ShardOutput(OutputStream out) {
    this.out = out;
  }

  /** Bytes written so far. */
  long position() {
    return position;
  }

  /** CRC-32C of what was written since the last call, 8 hexadecimal digits. */
  String takeCrc32c() {
    String hex = HexFormat.of().toHexDigits((int) crc.getValue());
    crc.reset();
    return hex;
  }

  /** SHA-256 of all that was written; call once, at the end. */
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Writes the head of a message: continuation mark, length, metadata padded to 8 bytes. */
  void writeHead(ByteBuffer metadata) throws IOException {
    int length = aligned(metadata.remaining());
    ByteBuffer head =
        ByteBuffer.allocate(2 * Integer.BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
    head.putInt(CONTINUATION).putInt(length).put(metadata);
    write(head.array(), head.capacity());
  }

  /** Writes the mark that ends the stream. */
  void writeEnd() throws IOException {
    ByteBuffer end = ByteBuffer.allocate(2 * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    end.putInt(CONTINUATION).putInt(0);
    write(end.array(), end.capacity());
  }

  /** Writes the first bytes of an array. */
  void write(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    digest.update(bytes, 0, length);
    crc.update(bytes, 0, length);
    position += length;
  }

  static int aligned(int bytes) {
    return Math.addExact(bytes, ALIGNMENT - 1) & -ALIGNMENT;
  }
}
