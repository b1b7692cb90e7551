package io.github.pumaspark.data.batch;

import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardReader;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Local copies of shards from other file systems, one file per content, shared by the processes of
 * a host and kept for the next run. Nothing is ever deleted here.
 */
final class ShardCache {
  /** Key of the Hadoop configuration: directory of the copies. */
  static final String DIRECTORY_KEY = "puma.dataset.cache-dir";

  private static final Logger LOG = LoggerFactory.getLogger(ShardCache.class);

  private final Path directory;
  private final Configuration configuration;

  ShardCache(Configuration configuration) {
    this.directory = Path.of(configuration.getTrimmed(DIRECTORY_KEY, defaultDirectory()));
    this.configuration = configuration;
  }

  /**
   * The local copy of a shard, made on first use.
   *
   * @throws CorruptShardException if the shard is missing or does not have its SHA-256
   * @throws IOException if it cannot be copied, for example for lack of space
   */
  Path localCopy(org.apache.hadoop.fs.Path shard, ShardEntry entry) throws IOException {
    Files.createDirectories(directory);
    Path copy = directory.resolve(entry.sha256() + ".arrow");
    Path lockFile = directory.resolve(entry.sha256() + ".lock");
    try (FileChannel channel =
        FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      lock(channel);
      if (!Files.exists(copy) || Files.size(copy) != entry.bytes()) {
        copy(shard, entry, copy);
      }
    }
    return copy;
  }

  /** Lets the ranks of a host copy a shard once; the lock ends with the channel or the process. */
  private static void lock(FileChannel channel) throws IOException {
    try {
      channel.lock();
    } catch (OverlappingFileLockException e) {
      LOG.debug("Another thread of this process copies the same shard: both copies are right");
    }
  }

  private void copy(org.apache.hadoop.fs.Path shard, ShardEntry entry, Path copy)
      throws IOException {
    Path temporary = directory.resolve(".tmp-" + UUID.randomUUID());
    MessageDigest digest = Storage.sha256();
    try {
      try (InputStream in = Storage.of(shard, configuration).open(shard);
          OutputStream out =
              new DigestOutputStream(
                  Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW), digest)) {
        in.transferTo(out);
      } catch (java.io.FileNotFoundException e) {
        throw ShardReader.missing(shard.toString(), entry);
      } catch (IOException e) {
        throw new IOException(
            "Cannot copy shard '%s' to the local cache '%s': %s. Set %s to a directory with more space if the disk is full."
                .formatted(shard, directory, e.getMessage(), DIRECTORY_KEY),
            e);
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(entry.sha256())) {
        throw CorruptShardException.shard(
            shard.toString(),
            "it has sha256 %s, the manifest says %s; it was changed after sharding"
                .formatted(found, entry.sha256()));
      }
      Files.move(temporary, copy, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static String defaultDirectory() {
    return Path.of(
            System.getProperty("java.io.tmpdir"),
            "puma-spark-" + System.getProperty("user.name"),
            "shards")
        .toString();
  }
}
