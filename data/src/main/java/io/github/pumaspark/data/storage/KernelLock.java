package io.github.pumaspark.data.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lock on a file of a local disk; the operating system drops it when the holder dies. */
final class KernelLock implements Hold {
  private static final Logger LOG = LoggerFactory.getLogger(KernelLock.class);

  private final Path file;
  private final FileChannel channel;
  private final FileLock lock;

  private KernelLock(Path file, FileChannel channel, FileLock lock) {
    this.file = file;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes the lock of a directory.
   *
   * @throws IOException if another process has it
   */
  static KernelLock take(org.apache.hadoop.fs.Path directory, Path file) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean isTaken = false;
      try {
        Optional<Object> opened = identity(file);
        FileLock lock = channel.tryLock();
        if (lock == null) {
          throw LockHolder.parse(Files.readString(file)).taken(directory);
        }
        // The holder before deletes the file: a lock on a deleted file keeps nobody out.
        if (opened.isPresent() && opened.equals(identity(file))) {
          channel.truncate(0);
          channel.write(
              ByteBuffer.wrap(LockHolder.self().toJson().getBytes(StandardCharsets.UTF_8)));
          isTaken = true;
          return new KernelLock(file, channel, lock);
        }
      } catch (NoSuchFileException e) {
        LOG.debug("The holder of '{}' has just gone", file);
      } finally {
        if (!isTaken) {
          channel.close();
        }
      }
    }
  }

  @Override
  public boolean isHeld() {
    return lock.isValid();
  }

  @Override
  public void release() throws IOException {
    try (channel) {
      Files.deleteIfExists(file);
    }
  }

  private static Optional<Object> identity(Path file) throws IOException {
    try {
      return Optional.of(Files.getAttribute(file, "unix:ino"));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
