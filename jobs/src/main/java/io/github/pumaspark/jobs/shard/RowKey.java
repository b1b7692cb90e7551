package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.data.storage.Storage;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Comparator;

/**
 * Place of a document or row in the global shuffle: uniform bits from its content, ties broken by
 * where it was read. A total order that does not depend on executors, partitions or retries.
 *
 * @param bits uniform, compared as unsigned
 * @param source hash of the file, archive entry and line
 */
record RowKey(long bits, long source) implements Comparable<RowKey>, Serializable {
  private static final Comparator<RowKey> ORDER =
      Comparator.<RowKey>comparingLong(key -> key.bits ^ Long.MIN_VALUE)
          .thenComparingLong(RowKey::source);

  /** The key of a document. */
  static RowKey of(long seed, long contentHash, String source, long line) {
    return new RowKey(
        CounterRandom.bits(seed, Purpose.GLOBAL_SHUFFLE, contentHash, 0),
        hash((source + '\n' + line).getBytes(StandardCharsets.UTF_8)));
  }

  /** The key of a packed row, by the partition of documents it came from and its number there. */
  static RowKey ofPacked(long seed, int partition, long row) {
    return new RowKey(
        CounterRandom.bits(seed, Purpose.GLOBAL_SHUFFLE, partition, row + 1),
        ((long) partition << 40) + row);
  }

  /** First 64 bits of the SHA-256 of some bytes. */
  static long hash(byte[]... content) {
    MessageDigest digest = Storage.sha256();
    for (byte[] bytes : content) {
      digest.update(bytes);
    }
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  @Override
  public int compareTo(RowKey other) {
    return ORDER.compare(this, other);
  }
}
