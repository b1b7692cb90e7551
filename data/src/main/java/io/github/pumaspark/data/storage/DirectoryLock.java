package io.github.pumaspark.data.storage;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one process to work in a directory; {@code .lock} there names the holder. It ends
 * with {@link #close} or with the holder's process.
 *
 * <p>On a local disk {@code .lock} is a file, and the operating system keeps the lock and drops it
 * when the holder dies. On HDFS and S3 it is a directory with a lease, which the holder renews: a
 * dead holder on this host is replaced at once, one on another host after a minute without a
 * renewal. Such a holder can lose its right while it works; what it does then must do no harm, or
 * be done only after a look at {@link #isHeld}.
 */
public final class DirectoryLock implements AutoCloseable {
  /** The file's name; it is no content of the directory. */
  public static final String NAME = ".lock";

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryLock.class);
  private static final Duration RENEWAL = Duration.ofSeconds(10);
  private static final Duration EXPIRY = Duration.ofMinutes(1);
  private static final Hold NOTHING =
      new Hold() {
        @Override
        public boolean isHeld() {
          return true;
        }

        @Override
        public void release() {}
      };

  /*
   * Locks of the operating system belong to the process, and go when any of its channels to the file is closed: a
   * second attempt in this process must not come near the file.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Hold hold;

  private DirectoryLock(Path file, Hold hold) {
    this.file = file;
    this.hold = hold;
  }

  /**
   * Takes the lock, making the directory if it is not there.
   *
   * @param onLost told, once, on a thread of the lock's, that another process may work there now
   * @throws IOException if it is held: names the holder's host, process id and start time
   * @throws ConfigException if the store cannot promise that there is one holder; names the way out
   */
  public static DirectoryLock acquire(
      Path directory, Configuration configuration, Consumer<String> onLost) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    Storage.makeDirectory(fs, directory);
    Path file = new Path(fs.makeQualified(directory), NAME);
    if (!HELD_HERE.add(file)) {
      throw LockHolder.self().taken(file.getParent());
    }
    boolean isAcquired = false;
    try {
      Hold hold =
          Storage.isLocal(fs)
              ? KernelLock.take(file.getParent(), Storage.local(fs, file))
              : Lease.take(file, configuration, RENEWAL, EXPIRY, onLost);
      isAcquired = true;
      return new DirectoryLock(file, hold);
    } finally {
      if (!isAcquired) {
        HELD_HERE.remove(file);
      }
    }
  }

  /**
   * Takes the lock for work that two processes may spoil, but not beyond doing it again: where the
   * store cannot promise that there is one holder, a warning is all that there is.
   *
   * @throws IOException if it is held
   */
  public static DirectoryLock acquire(Path directory, Configuration configuration)
      throws IOException {
    try {
      return acquire(directory, configuration, LOG::warn);
    } catch (ConfigException e) {
      return without(directory);
    }
  }

  /** No lock at all, with a warning: nobody is kept out. */
  public static DirectoryLock without(Path directory) {
    LOG.warn(
        "No lease of '{}': start no second process that works there", Storage.shown(directory));
    return new DirectoryLock(new Path(directory, NAME), NOTHING);
  }

  /** Whether this process still has the right; asks the store, so not for every step. */
  public boolean isHeld() {
    return hold.isHeld();
  }

  @Override
  public void close() throws IOException {
    try {
      hold.release();
    } finally {
      if (hold != NOTHING) {
        HELD_HERE.remove(file);
      }
    }
  }
}
