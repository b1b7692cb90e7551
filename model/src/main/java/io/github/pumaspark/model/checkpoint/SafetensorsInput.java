package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.storage.Storage;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * An open safetensors file: the header, then the data of its tensors from first to last, once. What
 * is read is hashed on the way.
 */
final class SafetensorsInput implements Closeable {
  private static final int CHUNK_BYTES = 1 << 18;

  private final Path file;
  private final MessageDigest digest = Storage.sha256();
  private final DataInputStream in;
  private final SafetensorsHeader header;

  /** Opens a file and checks its header against its length. */
  SafetensorsInput(Path file, Configuration configuration) throws IOException {
    this.file = file;
    FileSystem fs = Storage.of(file, configuration);
    try {
      long length = fs.getFileStatus(file).getLen();
      in = new DataInputStream(new DigestInputStream(fs.open(file), digest));
      SafetensorsHeader checked = null;
      try {
        checked = readHeader(length);
      } finally {
        if (checked == null) {
          in.close();
        }
      }
      header = checked;
    } catch (FileNotFoundException e) {
      throw new CorruptCheckpointException(file, "it is missing", e);
    }
  }

  SafetensorsHeader header() {
    return header;
  }

  /** Fills a buffer, which must be little-endian to be read as numbers, with the next bytes. */
  void readFully(ByteBuffer target) throws IOException {
    byte[] chunk = new byte[Math.min(CHUNK_BYTES, target.remaining())];
    while (target.hasRemaining()) {
      int count = Math.min(chunk.length, target.remaining());
      readFully(chunk, count);
      target.put(chunk, 0, count);
    }
  }

  /**
   * Requires that the file, read from its first to its last byte, is the one that was written.
   *
   * @throws CorruptCheckpointException if it is another one: nothing read from it may be used
   */
  void requireSha256(String expected) throws CorruptCheckpointException {
    Checkpoint.checkHash(
        file, HexFormat.of().formatHex(digest.digest()), expected, CheckpointFile.STATE);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  private SafetensorsHeader readHeader(long length) throws IOException {
    byte[] prefix = new byte[Long.BYTES];
    if (length < prefix.length) {
      throw new CorruptCheckpointException(
          file, length + " bytes are too few for a safetensors file");
    }
    readFully(prefix, prefix.length);
    long headerBytes = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (headerBytes < 0 || headerBytes > SafetensorsHeader.MAX_BYTES) {
      throw new CorruptCheckpointException(
          file,
          "its header claims "
              + Long.toUnsignedString(headerBytes)
              + " bytes, the limit is "
              + SafetensorsHeader.MAX_BYTES);
    }
    long dataBytes = length - prefix.length - headerBytes;
    if (dataBytes < 0) {
      throw new CorruptCheckpointException(
          file, "its header claims " + headerBytes + " bytes, the whole file has " + length);
    }
    byte[] json = new byte[(int) headerBytes];
    readFully(json, json.length);
    return SafetensorsHeader.parse(file, json, dataBytes);
  }

  private void readFully(byte[] bytes, int count) throws IOException {
    try {
      in.readFully(bytes, 0, count);
    } catch (EOFException e) {
      throw new CorruptCheckpointException(file, "it became shorter while it was being read", e);
    }
  }
}
