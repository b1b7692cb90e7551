package io.github.pumaspark.data.storage;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A lock on a shared store: files that its holder renews, and that end without a renewal. */
final class Lease implements Hold {
  /*
   * Every term of office is a file named for its number, and the highest number holds the lease. A term
   * begins by creating the file of the next number, which one process alone can do (HDFS: create without
   * overwrite; S3: a put on condition), after the highest was given back, is known to be dead, or was not
   * renewed for the expiry. Only files of lower numbers than one's own are ever deleted, and a lease that
   * is given back stays as a file that says so: the highest number never falls, so whoever was slow sees
   * that it is not the highest, and nobody can delete or replace another's fresh lease. Silence is measured
   * by the store's clock alone. The holder counts from the beginning of its last renewal on its own clock
   * of elapsed time, so it gives up before anybody else may take over.
   */
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final int MAX_BYTES = 1 << 16;

  private final Path directory;
  private final Configuration configuration;
  private final Duration expiry;
  private final Consumer<String> onLost;
  private final LockHolder self = LockHolder.self();
  private final AtomicBoolean isLost = new AtomicBoolean();
  private final ScheduledExecutorService timer =
      Executors.newScheduledThreadPool(2, Lease::timerThread);
  private long term;
  private volatile long renewedNanos;

  private Lease(
      Path directory, Configuration configuration, Duration expiry, Consumer<String> onLost) {
    this.directory = directory;
    this.configuration = configuration;
    this.expiry = expiry;
    this.onLost = onLost;
  }

  /**
   * Takes the lease.
   *
   * @param directory of the lease's files
   * @param onLost told the reason, once, on a thread of the lease's
   * @throws IOException if another process has it
   * @throws ConfigException if the store cannot create a file exclusively
   */
  static Lease take(
      Path directory,
      Configuration configuration,
      Duration renewal,
      Duration expiry,
      Consumer<String> onLost)
      throws IOException {
    Lease lease = new Lease(directory, configuration, expiry, onLost);
    boolean isTaken = false;
    try {
      lease.take();
      isTaken = true;
    } finally {
      if (!isTaken) {
        lease.timer.shutdownNow();
      }
    }
    ScheduledFuture<?> renewals =
        lease.timer.scheduleWithFixedDelay(
            lease::renew, renewal.toMillis(), renewal.toMillis(), TimeUnit.MILLISECONDS);
    // A renewal may hang in the store's client for longer than the lease lasts.
    ScheduledFuture<?> watch =
        lease.timer.scheduleWithFixedDelay(lease::watch, 1, 1, TimeUnit.SECONDS);
    LOG.debug("lease '{}': {}, {}", directory, renewals, watch);
    return lease;
  }

  @Override
  public boolean isHeld() {
    if (isLost.get() || isExpired()) {
      return false;
    }
    try {
      return isNewest();
    } catch (IOException e) {
      LOG.warn("Cannot look at the lease '{}': {}", directory, e.getMessage());
      return !isExpired();
    }
  }

  @Override
  public void release() throws IOException {
    timer.shutdownNow();
    if (!isLost.getAndSet(true) && isNewest()) {
      Storage.writeAtomically(file(term), configuration, self.withReleased().toJson());
    }
  }

  private void take() throws IOException {
    while (true) {
      NavigableMap<Long, FileStatus> terms = terms();
      if (!terms.isEmpty() && mayLive(terms.lastEntry().getValue())) {
        continue;
      }
      term = terms.isEmpty() ? 1 : terms.lastKey() + 1;
      renewedNanos = System.nanoTime();
      if (!create() || !isNewest()) {
        continue;
      }
      for (Path old : terms.values().stream().map(FileStatus::getPath).toList()) {
        Storage.of(old, configuration).delete(old, false);
      }
      return;
    }
  }

  /**
   * Looks at the newest term.
   *
   * @return true if it must be looked at again, false if it is over
   * @throws IOException if its holder may be alive
   */
  private boolean mayLive(FileStatus newest) throws IOException {
    LockHolder holder;
    try {
      holder = read(newest.getPath());
    } catch (FileNotFoundException e) {
      return true;
    }
    if (holder.released()
        || holder.isDead()
        || storeTimeMillis() - newest.getModificationTime() >= expiry.toMillis()) {
      return false;
    }
    throw holder.taken(directory.getParent());
  }

  private boolean create() throws IOException {
    Path file = file(term);
    try {
      // A put may succeed and be repeated, because the answer was lost: then the file is ours.
      if (!Storage.createExclusively(file, configuration, self.toJson())
          && !read(file).token().equals(self.token())) {
        return false;
      }
      if (Storage.isObjectStore(Storage.of(file, configuration))
          && Storage.createExclusively(file, configuration, self.toJson())) {
        throw new UnsupportedOperationException("its server ignores conditions of a put");
      }
      return true;
    } catch (FileNotFoundException e) {
      return false;
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      throw new ConfigException(
          ("Cannot make sure that no other process uses '%s': the store cannot create a file"
                  + " exclusively (%s). Use --no-lease (run.lease = false) if nothing else starts"
                  + " this run a second time, or another store.")
              .formatted(directory.getParent(), e.getMessage()));
    }
  }

  private void renew() {
    long begun = System.nanoTime();
    try {
      if (!isNewest()) {
        lose("another process has taken it over");
      } else if (!isLost.get()) {
        Storage.writeAtomically(file(term), configuration, self.toJson());
        renewedNanos = begun;
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot renew the lease '{}': {}", directory, e.getMessage());
    }
  }

  private void watch() {
    if (isExpired()) {
      lose("it could not be renewed for " + expiry.toSeconds() + " s");
    }
  }

  private void lose(String reason) {
    if (isLost.compareAndSet(false, true)) {
      onLost.accept(
          "Lost the lease of '%s': %s".formatted(Storage.shown(directory.getParent()), reason));
    }
  }

  private boolean isExpired() {
    return System.nanoTime() - renewedNanos >= expiry.toNanos();
  }

  private boolean isNewest() throws IOException {
    NavigableMap<Long, FileStatus> terms = terms();
    return !terms.isEmpty()
        && terms.lastKey() == term
        && read(file(term)).token().equals(self.token());
  }

  private NavigableMap<Long, FileStatus> terms() throws IOException {
    NavigableMap<Long, FileStatus> terms = new TreeMap<>();
    try {
      for (FileStatus status : Storage.of(directory, configuration).listStatus(directory)) {
        String name = status.getPath().getName();
        if (name.matches("\\d{10}")) {
          terms.put(Long.parseLong(name), status);
        }
      }
    } catch (FileNotFoundException e) {
      return terms;
    }
    return terms;
  }

  /** What time it is on the store's clock, by which it dates files. */
  private long storeTimeMillis() throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    Path probe = new Path(directory, "probe-" + UUID.randomUUID());
    try {
      fs.create(probe, true).close();
      return fs.getFileStatus(probe).getModificationTime();
    } finally {
      fs.delete(probe, false);
    }
  }

  private LockHolder read(Path file) throws IOException {
    return LockHolder.parse(
        new String(Storage.read(file, configuration, MAX_BYTES), StandardCharsets.UTF_8));
  }

  private Path file(long number) {
    return new Path(directory, String.format(Locale.ROOT, "%010d", number));
  }

  private static Thread timerThread(Runnable task) {
    Thread thread = new Thread(task, "directory-lease");
    thread.setDaemon(true);
    return thread;
  }
}
