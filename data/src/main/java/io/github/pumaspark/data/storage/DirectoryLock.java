package io.github.pumaspark.data.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one process to work in a directory; its file {@code .lock} there names the holder.
 * It ends with {@link #close} or with the holder's process.
 *
 * <p>On a local disk the operating system keeps the lock and drops it when the holder dies. On
 * other file systems the holder renews the file: a dead holder on this host is replaced at once,
 * one on another host after a minute without a renewal.
 */
public final class DirectoryLock implements AutoCloseable {
  /** The file's name; it is no content of the directory. */
  public static final String NAME = ".lock";

  private static final Logger LOG = LoggerFactory.getLogger(DirectoryLock.class);
  private static final Duration RENEWAL = Duration.ofSeconds(10);
  private static final Duration STALE = Duration.ofMinutes(1);
  private static final int MAX_BYTES = 1 << 16;
  private static final ObjectMapper JSON = JsonMapper.builder().build();

  /*
   * Locks of the operating system belong to the process, and go when any of its channels to the file is closed: a
   * second attempt in this process must not come near the file.
   */
  private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

  private interface Release {
    void run() throws IOException;
  }

  private final Path file;
  private final Release release;

  private DirectoryLock(Path file, Release release) {
    this.file = file;
    this.release = release;
  }

  /**
   * Takes the lock, making the directory if it is not there.
   *
   * @throws IOException if it is held: names the holder's host, process id and start time
   */
  public static DirectoryLock acquire(Path directory, Configuration configuration)
      throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    Storage.makeDirectory(fs, directory);
    Path file = new Path(fs.makeQualified(directory), NAME);
    if (!HELD_HERE.add(file)) {
      throw taken(file, holder(""));
    }
    boolean isAcquired = false;
    try {
      Release release =
          "file".equals(fs.getUri().getScheme())
              ? lockLocal(file, java.nio.file.Path.of(file.toUri().getPath()))
              : lockRemote(file, fs, configuration);
      isAcquired = true;
      return new DirectoryLock(file, release);
    } finally {
      if (!isAcquired) {
        HELD_HERE.remove(file);
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      release.run();
    } finally {
      HELD_HERE.remove(file);
    }
  }

  private static Release lockLocal(Path file, java.nio.file.Path local) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(local, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean isLocked = false;
      try {
        Optional<Object> opened = identity(local);
        if (channel.tryLock() == null) {
          throw taken(file, Files.readString(local));
        }
        // The holder before deletes the file: a lock on a deleted file keeps nobody out.
        if (opened.isPresent() && opened.equals(identity(local))) {
          channel.truncate(0);
          channel.write(ByteBuffer.wrap(utf8(holder(""))));
          isLocked = true;
          return () -> {
            try (channel) {
              Files.deleteIfExists(local);
            }
          };
        }
      } catch (NoSuchFileException e) {
        LOG.debug("The holder of '{}' has just gone", file);
      } finally {
        if (!isLocked) {
          channel.close();
        }
      }
    }
  }

  private static Optional<Object> identity(java.nio.file.Path file) throws IOException {
    try {
      return Optional.of(Files.getAttribute(file, "unix:ino"));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static Release lockRemote(Path file, FileSystem fs, Configuration configuration)
      throws IOException {
    if (fs.exists(file)) {
      String found =
          new String(Storage.read(file, configuration, MAX_BYTES), StandardCharsets.UTF_8);
      long silentMillis = System.currentTimeMillis() - fs.getFileStatus(file).getModificationTime();
      if (mayLive(found, silentMillis)) {
        throw taken(file, found);
      }
      fs.delete(file, false);
    }
    String holder = holder(UUID.randomUUID().toString());
    try (OutputStream out = fs.create(file, false)) {
      out.write(utf8(holder));
    }
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "directory-lock");
              thread.setDaemon(true);
              return thread;
            });
    ScheduledFuture<?> renewals =
        timer.scheduleAtFixedRate(
            () -> renew(file, holder, configuration),
            RENEWAL.toMillis(),
            RENEWAL.toMillis(),
            TimeUnit.MILLISECONDS);
    return () -> {
      renewals.cancel(false);
      timer.shutdown();
      if (isHeldBy(file, holder, configuration)) {
        fs.delete(file, false);
      }
    };
  }

  private static void renew(Path file, String holder, Configuration configuration) {
    try {
      if (isHeldBy(file, holder, configuration)) {
        Storage.writeAtomically(file, configuration, holder);
      } else {
        LOG.warn("Lost the lock '{}' to another process", file);
      }
    } catch (IOException e) {
      LOG.warn("Cannot renew the lock '{}': {}", file, e.getMessage());
    }
  }

  private static boolean isHeldBy(Path file, String holder, Configuration configuration)
      throws IOException {
    try {
      return Storage.of(file, configuration).exists(file)
          && new String(Storage.read(file, configuration, MAX_BYTES), StandardCharsets.UTF_8)
              .equals(holder);
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  private static boolean mayLive(String holder, long silentMillis) {
    boolean isRenewed = silentMillis < STALE.toMillis();
    try {
      JsonNode json = JSON.readTree(holder);
      if (!json.path("host").asText().equals(host())) {
        return isRenewed;
      }
      String started = json.path("started").asText();
      return ProcessHandle.of(json.path("pid").asLong())
          .filter(process -> started.equals(started(process)))
          .isPresent();
    } catch (JsonProcessingException e) {
      return isRenewed;
    }
  }

  private static IOException taken(Path file, String holder) {
    String who = "another process";
    try {
      JsonNode json = JSON.readTree(holder);
      if (json.has("pid")) {
        who =
            "process %s on host '%s', started %s,"
                .formatted(
                    json.path("pid").asText(),
                    json.path("host").asText(),
                    json.path("started").asText());
      }
    } catch (JsonProcessingException e) {
      // Its holder is about to write it.
    }
    return new IOException(
        "Cannot use '%s': %s works in it. Wait for its end, stop it, or choose another directory."
            .formatted(Storage.shown(file.getParent()), who));
  }

  private static String holder(String token) {
    return JSON.createObjectNode()
            .put("host", host())
            .put("pid", ProcessHandle.current().pid())
            .put("started", started(ProcessHandle.current()))
            .put("token", token)
            .toString()
        + "\n";
  }

  private static String started(ProcessHandle process) {
    return process
        .info()
        .startInstant()
        .map(start -> start.truncatedTo(ChronoUnit.SECONDS))
        .map(Instant::toString)
        .orElse("unknown");
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (java.net.UnknownHostException e) {
      return "unknown";
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
