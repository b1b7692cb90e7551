package io.github.pumaspark.data.shard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;

/**
 * One shard on a local disk, mapped into memory: any row in constant time, from any thread.
 *
 * <p>The file's size and schema are checked on opening, each record batch's checksum when a row of
 * it is first read. The mapping lives until the reader is garbage; there is nothing to close.
 */
public final class ShardReader {
  private final String name;
  private final ShardEntry entry;
  private final ShardColumns columns;
  private final MappedByteBuffer bytes;
  private final AtomicReferenceArray<BatchView> views;

  private ShardReader(String name, ShardEntry entry, ShardColumns columns, MappedByteBuffer bytes) {
    this.name = name;
    this.entry = entry;
    this.columns = columns;
    this.bytes = bytes;
    this.views = new AtomicReferenceArray<>(entry.batches().size());
  }

  /**
   * Maps a shard.
   *
   * @param name what messages call the file
   * @param tokenizerSha256 of the manifest's tokenizer
   * @throws CorruptShardException if the file is missing, has another size than its entry or
   *     another schema than the layout
   * @throws io.github.pumaspark.data.lang.ConfigException if a newer build wrote it
   */
  public static ShardReader open(
      Path file, String name, ShardEntry entry, ShardLayout layout, String tokenizerSha256)
      throws IOException {
    requireEvenBatches(name, entry, layout);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      requireBytes(name, entry, channel.size());
      MappedByteBuffer bytes = channel.map(MapMode.READ_ONLY, 0, entry.bytes());
      ShardColumns columns = ShardColumns.read(name, bytes, layout, tokenizerSha256);
      return new ShardReader(name, entry, columns, bytes);
    } catch (NoSuchFileException e) {
      throw missing(name, entry);
    }
  }

  private static void requireEvenBatches(String name, ShardEntry entry, ShardLayout layout) {
    int last = entry.batches().size() - 1;
    for (int b = 0; b <= last; b++) {
      int rows = entry.batches().get(b).rows();
      if (b < last ? rows != layout.rowsPerBatch() : rows > layout.rowsPerBatch()) {
        throw CorruptShardException.shard(
            name,
            "the manifest lists %d rows in batch %d and %d rows per batch"
                .formatted(rows, b, layout.rowsPerBatch()));
      }
    }
  }

  /** What to throw for a shard that the manifest lists and the directory lacks. */
  public static CorruptShardException missing(String name, ShardEntry entry) {
    return CorruptShardException.shard(
        name, "the file is missing, the manifest lists it with " + entry.bytes() + " bytes");
  }

  /**
   * Compares the length of a file with its entry.
   *
   * @throws CorruptShardException if they differ
   */
  public static void requireBytes(String name, ShardEntry entry, long found) {
    if (found != entry.bytes()) {
      throw CorruptShardException.shard(
          name,
          "it has %d bytes, the manifest says %d; it was truncated or replaced after sharding"
              .formatted(found, entry.bytes()));
    }
  }

  /** Rows in this shard. */
  public long rows() {
    return entry.rows();
  }

  /**
   * A row by its number within the shard, copied to fresh arrays.
   *
   * @throws CorruptShardException if the row's record batch is not what was written
   */
  public TokenRow row(long row) {
    if (row < 0 || row >= entry.rows()) {
      throw new IndexOutOfBoundsException(
          "Invalid row: " + row + " (shard '" + name + "' has " + entry.rows() + " rows)");
    }
    // Every batch but the last holds layout.rowsPerBatch rows; the writer and the entry's batches
    // agree on it.
    int rowsPerBatch = columns.layout().rowsPerBatch();
    int batch = (int) (row / rowsPerBatch);
    return view(batch).row((int) (row % rowsPerBatch));
  }

  private BatchView view(int batch) {
    BatchView view = views.get(batch);
    if (view == null) {
      // Two threads may both check a batch; they come to the same view.
      view = check(name, entry, batch, slice(batch), columns);
      views.set(batch, view);
    }
    return view;
  }

  private ByteBuffer slice(int batch) {
    BatchEntry found = entry.batches().get(batch);
    return bytes.slice((int) found.offset(), found.bytes());
  }

  /** The rows of a batch, once its bytes have the checksum that the manifest says. */
  static BatchView check(
      String name, ShardEntry entry, int batch, ByteBuffer message, ShardColumns columns) {
    BatchEntry expected = entry.batches().get(batch);
    CRC32C crc = new CRC32C();
    crc.update(message.duplicate());
    String found = HexFormat.of().toHexDigits((int) crc.getValue());
    if (!found.equals(expected.crc32c())) {
      throw CorruptShardException.shard(
          name,
          "record batch %d at byte %d has checksum %s, the manifest says %s; it was changed after sharding"
              .formatted(batch, expected.offset(), found, expected.crc32c()));
    }
    try {
      BatchView view = BatchView.of(message, columns);
      if (view.rows() != expected.rows()) {
        throw new IOException(
            "has %d rows, the manifest says %d".formatted(view.rows(), expected.rows()));
      }
      return view;
    } catch (IOException e) {
      throw CorruptShardException.shard(
          name, "record batch %d %s".formatted(batch, e.getMessage()), e);
    }
  }
}
