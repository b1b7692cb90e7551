package io.github.pumaspark.data.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileContext;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;

/**
 * Reads whole files and writes them so that a reader sees the complete file or none, on any Hadoop
 * file system.
 *
 * <p>Local disks and HDFS: temporary name beside the target, force to disk, rename over the target.
 * Object stores ({@code s3a}, {@code gs}, {@code abfs}): one put, which appears when the stream
 * closes.
 */
public final class Storage {
  /** Hadoop's name for a put that fails if something is there. */
  private static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  private static final String TEMPORARY_PREFIX = ".tmp-";

  private Storage() {}

  /** Writes the content of one file to an open stream; closing the stream is not its business. */
  @FunctionalInterface
  public interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * The file system of a path. Local paths get the raw one, which leaves no {@code .crc} files
   * beside the files that other tools read.
   */
  public static FileSystem of(Path path, Configuration configuration) throws IOException {
    FileSystem fs = path.getFileSystem(configuration);
    return fs instanceof LocalFileSystem local ? local.getRaw() : fs;
  }

  /**
   * A path that means the same in every process: absolute, with its file system. Relative paths are
   * relative to this process's working directory, which another process does not share.
   */
  public static Path qualified(Path path, Configuration configuration) throws IOException {
    return of(path, configuration).makeQualified(path);
  }

  /** Whether a name belongs to an unfinished write; readers of directories skip such names. */
  public static boolean isTemporary(Path path) {
    return path.getName().startsWith(TEMPORARY_PREFIX);
  }

  /**
   * Writes a file under its final name in one atomic act, replacing an earlier one; parent
   * directories are made. On failure the target is as it was before.
   */
  public static void writeAtomically(Path target, Configuration configuration, Body body)
      throws IOException {
    FileSystem fs = of(target, configuration);
    if (target.getParent() != null) {
      makeDirectory(fs, target.getParent());
    }
    if (isLocal(fs)) {
      writeLocal(fs, target, body);
    } else if (isObjectStore(fs)) {
      writeObject(fs, target, body);
    } else {
      writeByRename(fs, target, body);
    }
  }

  /** {@link #writeAtomically(Path, Configuration, Body)} of UTF-8 text. */
  public static void writeAtomically(Path target, Configuration configuration, String text)
      throws IOException {
    writeAtomically(target, configuration, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Creates a file that must not exist; of several that try at once, one does.
   *
   * @return false if it exists
   * @throws UnsupportedOperationException if the store cannot promise this, or is not known to
   */
  static boolean createExclusively(Path file, Configuration configuration, String text)
      throws IOException {
    FileSystem fs = of(file, configuration);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (FSDataOutputStream out =
        switch (fs.getUri().getScheme()) {
          case "hdfs", "viewfs", "webhdfs" -> fs.create(file, false);
          case "s3a" -> createConditionally(fs, file);
          default -> throw new UnsupportedOperationException(fs.getUri().getScheme());
        }) {
      out.write(bytes);
    } catch (IOException e) {
      if (isTaken(e)) {
        return false;
      }
      throw e;
    }
    return true;
  }

  /** Whether a failure to create a file says that somebody else has created it, or is about to. */
  private static boolean isTaken(IOException e) {
    String text = e.toString();
    return e instanceof org.apache.hadoop.fs.FileAlreadyExistsException
        || text.contains("AlreadyBeingCreatedException")
        || text.contains("Status Code: 412")
        || text.contains("Status Code: 409");
  }

  /** A put on condition that nothing is there; the server decides when the stream closes. */
  private static FSDataOutputStream createConditionally(FileSystem fs, Path file)
      throws IOException {
    FSDataOutputStreamBuilder<?, ?> builder = fs.createFile(file);
    builder.overwrite(true);
    builder.recursive();
    builder.must(CONDITIONAL, true);
    return builder.build();
  }

  /**
   * Whether a directory can be renamed in one act: on local disks and HDFS, not on object stores.
   */
  public static boolean hasAtomicRename(Path path, Configuration configuration) throws IOException {
    return !isObjectStore(of(path, configuration));
  }

  /**
   * Renames a directory in one act that survives a crash of the machine.
   *
   * @param target in the same directory; must not exist
   * @throws IOException if it cannot be done; the directory is then as it was
   */
  public static void renameDirectory(Path source, Path target, Configuration configuration)
      throws IOException {
    FileSystem fs = of(source, configuration);
    if (fs.exists(target)) {
      throw new IOException("Cannot rename '" + source + "' to '" + target + "': it exists");
    }
    if (isLocal(fs)) {
      java.nio.file.Path from = local(fs, source);
      java.nio.file.Path to = local(fs, target);
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
      forceParent(to);
    } else {
      FileContext.getFileContext(fs.getUri(), fs.getConf())
          .rename(fs.makeQualified(source), fs.makeQualified(target));
    }
  }

  /**
   * Reads a whole file into memory.
   *
   * @throws IOException if it is missing or longer than {@code maxBytes}
   */
  public static byte[] read(Path path, Configuration configuration, int maxBytes)
      throws IOException {
    FileSystem fs = of(path, configuration);
    try (InputStream in = fs.open(path)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new IOException(
            "Cannot read '" + path + "': longer than the limit of " + maxBytes + " bytes");
      }
      return bytes;
    }
  }

  /** A fresh SHA-256 digest. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Lower-case hexadecimal SHA-256 of some bytes. */
  public static String sha256Hex(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /** Lower-case hexadecimal SHA-256 of a file's content. */
  public static String sha256Hex(Path path, Configuration configuration) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = of(path, configuration).open(path)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** A path as users write it: absolute ones on a local disk without a scheme. */
  public static String shown(Path path) {
    return "file".equals(path.toUri().getScheme()) ? path.toUri().getPath() : path.toString();
  }

  /** Makes a directory and those above it, unless they are there. */
  static void makeDirectory(FileSystem fs, Path directory) throws IOException {
    String reason = "it cannot be made here";
    try {
      if (fs.mkdirs(directory)) {
        return;
      }
    } catch (org.apache.hadoop.fs.FileAlreadyExistsException
        | org.apache.hadoop.fs.ParentNotDirectoryException e) {
      reason = "a file is in the way";
    }
    throw new IOException("Cannot make directory '" + shown(directory) + "': " + reason);
  }

  /** Whether this is a disk of this machine, or one that looks like it. */
  static boolean isLocal(FileSystem fs) {
    return "file".equals(fs.getUri().getScheme());
  }

  /** Whether this is a store where nothing can be renamed in one act, as far as we know. */
  static boolean isObjectStore(FileSystem fs) {
    return switch (fs.getUri().getScheme()) {
      case "file", "hdfs", "viewfs", "webhdfs" -> false;
      default -> true;
    };
  }

  /** A path of a local file system as the JDK has it. */
  static java.nio.file.Path local(FileSystem fs, Path path) {
    return java.nio.file.Path.of(fs.makeQualified(path).toUri().getPath());
  }

  private static void forceParent(java.nio.file.Path file) throws IOException {
    java.nio.file.Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      try (FileChannel directory = FileChannel.open(parent, StandardOpenOption.READ)) {
        directory.force(true);
      }
    }
  }

  private static void writeLocal(FileSystem fs, Path target, Body body) throws IOException {
    java.nio.file.Path file = local(fs, target);
    if (Files.isDirectory(file)) {
      throw new IOException("Cannot write '" + file + "': it is a directory");
    }
    java.nio.file.Path temporary =
        file.resolveSibling(TEMPORARY_PREFIX + file.getFileName() + "-" + UUID.randomUUID());
    try {
      try (OutputStream out = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW)) {
        body.writeTo(out);
      } catch (IOException e) {
        throw isDiskFull(e) ? diskFull(file, temporary, e) : e;
      }
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
      forceParent(file);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean isDiskFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device") || message.contains("quota exceeded");
  }

  private static IOException diskFull(
      java.nio.file.Path file, java.nio.file.Path temporary, IOException e) throws IOException {
    long written = Files.exists(temporary) ? Files.size(temporary) : 0;
    Files.deleteIfExists(temporary);
    return new IOException(
        "Cannot write '%s': %s after %,d MB; without them there are %,d MB free. Free some space and run the same command again."
            .formatted(
                file,
                e.getMessage(),
                written / 1_000_000,
                Files.getFileStore(file.toAbsolutePath().getParent()).getUsableSpace() / 1_000_000),
        e);
  }

  private static void writeObject(FileSystem fs, Path target, Body body) throws IOException {
    FSDataOutputStream out = fs.create(target, true);
    try {
      body.writeTo(out);
    } catch (IOException | RuntimeException e) {
      // Closing would publish what there is so far.
      try {
        out.abort();
      } catch (UnsupportedOperationException cannotAbort) {
        out.close();
        fs.delete(target, false);
      }
      throw e;
    }
    out.close();
  }

  private static void writeByRename(FileSystem fs, Path target, Body body) throws IOException {
    Path temporary =
        new Path(target.getParent(), TEMPORARY_PREFIX + target.getName() + "-" + UUID.randomUUID());
    FileContext context = FileContext.getFileContext(fs.getUri(), fs.getConf());
    try {
      try (FSDataOutputStream out =
          context.create(fs.makeQualified(temporary), EnumSet.of(CreateFlag.CREATE))) {
        body.writeTo(out);
        out.hsync();
      }
      context.rename(
          fs.makeQualified(temporary), fs.makeQualified(target), Options.Rename.OVERWRITE);
    } finally {
      fs.delete(temporary, false);
    }
  }
}
