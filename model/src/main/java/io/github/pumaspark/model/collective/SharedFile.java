package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Memory in a file of a memory file system, mapped by its owner for writing and by ranks of the
 * same host for reading. The file has a name only until they have opened it; what is left of a
 * process that died in between, a later generation of the run sweeps.
 *
 * @param path of the file
 * @param memory all of it: the buffer, zeroed, and after it the nonce
 * @param nonce by which a reader knows the file
 */
record SharedFile(Path path, MappedByteBuffer memory, byte[] nonce) {
  static final int NONCE_BYTES = 32;

  private static final Logger LOG = LoggerFactory.getLogger(SharedFile.class);
  private static final int PAGE_BYTES = 4096;
  private static final int ZEROS_BYTES = 1 << 20;
  private static final int HASH_BYTES = 8;
  private static final Pattern REST = Pattern.compile("g(\\d{1,9})-r\\d{1,9}-[0-9a-f]{16}");

  /**
   * Creates the file, readable by this user only, with all its pages: a file with holes would kill
   * the process that touches one when the file system is full.
   *
   * @throws IOException if there is no room or the directory cannot be written to
   */
  static SharedFile create(Path directory, RunIdentity run, int rank, long bytes)
      throws IOException {
    long size = size(bytes);
    checkRoom(directory, Files.getFileStore(directory).getUsableSpace(), size);
    byte[] random = new byte[NONCE_BYTES + HASH_BYTES];
    new SecureRandom().nextBytes(random);
    byte[] nonce = Arrays.copyOf(random, NONCE_BYTES);
    String unique = HexFormat.of().formatHex(random, NONCE_BYTES, random.length);
    Path path = directory.resolve(prefix(run) + owner(run.generation(), rank) + unique);
    try (FileChannel file =
        FileChannel.open(
            path,
            Set.of(
                StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(ZEROS_BYTES, size));
      for (long written = 0; written < size; ) {
        written +=
            file.write(zeros.clear().limit((int) Math.min(zeros.capacity(), size - written)));
      }
      MappedByteBuffer memory = file.map(FileChannel.MapMode.READ_WRITE, 0, size).load();
      memory.put((int) size - PAGE_BYTES, nonce);
      return new SharedFile(path, memory, nonce);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(path);
      throw e;
    }
  }

  /**
   * Maps another rank's file.
   *
   * @throws IOException if it is not the file that the rank means, or cannot be opened
   */
  static MappedByteBuffer open(
      Path directory, RunIdentity run, int owner, String name, byte[] nonce, long bytes)
      throws IOException {
    Path path = directory.resolve(name);
    String start = prefix(run) + owner(run.generation(), owner);
    if (!name.startsWith(start)
        || !REST.matcher(name.substring(prefix(run).length())).matches()
        || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("'%s' has no file of rank %s".formatted(directory, owner));
    }
    long size = size(bytes);
    try (FileChannel file =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (file.size() != size) {
        throw new IOException("'%s' has %s bytes, not %s".formatted(path, file.size(), size));
      }
      MappedByteBuffer memory = file.map(FileChannel.MapMode.READ_ONLY, 0, size).load();
      byte[] found = new byte[NONCE_BYTES];
      memory.get((int) size - PAGE_BYTES, found);
      if (!MessageDigest.isEqual(found, nonce)) {
        throw new IOException("'%s' is another file than that of rank %s".formatted(path, owner));
      }
      return memory;
    }
  }

  static void checkRoom(Path directory, long free, long needed) throws IOException {
    if (free < needed) {
      throw new IOException(
          "'%s' has %s bytes free, %s are needed".formatted(directory, free, needed));
    }
  }

  String name() {
    return path.getFileName().toString();
  }

  /** Takes the name away; the memory stays as long as it is mapped. */
  void unlink() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("Cannot delete '{}': {}", path, e.toString());
    }
  }

  /** Deletes what earlier generations of the run have left. */
  static void sweep(Path directory, RunIdentity run) {
    String prefix = prefix(run);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, prefix + "*")) {
      for (Path file : files) {
        Matcher rest = REST.matcher(file.getFileName().toString().substring(prefix.length()));
        if (rest.matches() && Integer.parseInt(rest.group(1)) < run.generation()) {
          Files.deleteIfExists(file);
          LOG.info("Deleted '{}', left by an earlier generation", file);
        }
      }
    } catch (IOException e) {
      LOG.debug("Cannot sweep '{}'", directory, e);
    }
  }

  private static long size(long bytes) throws IOException {
    long size = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES + PAGE_BYTES;
    if (size > Integer.MAX_VALUE) {
      throw new IOException("%s bytes are too many for one mapping".formatted(bytes));
    }
    return size;
  }

  private static String owner(int generation, int rank) {
    return "g" + generation + "-r" + rank + "-";
  }

  private static String prefix(RunIdentity run) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(run.runId().getBytes(StandardCharsets.UTF_8));
      return "puma-" + HexFormat.of().formatHex(hash, 0, HASH_BYTES) + "-";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
