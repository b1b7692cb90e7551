package io.github.pumaspark.model.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk, seen by a process that dies at a chosen point: every byte and every change of a
 * directory uses up one unit of life, and after the last nothing is changed any more, not even to
 * clean up. As {@code hdfs} it has renames, as {@code dying} it is an object store; both leave what
 * was written of a file, under its name.
 */
public class DyingFileSystem extends RawLocalFileSystem {
  private static final String OBJECTS = "dying";
  private static final String RENAMES = "hdfs";
  private static final AtomicLong LIFE = new AtomicLong(Long.MAX_VALUE);

  /** With renames; Hadoop makes it. */
  public static final class WithRenames extends DyingFileSystem {
    // Its parent's constructor asks: no field would be set by then.
    @Override
    public URI getUri() {
      return URI.create(RENAMES + "://x");
    }
  }

  /** The same for Hadoop's other interface, which has the rename that replaces. */
  public static final class Context extends DelegateToFileSystem {
    public Context(URI uri, Configuration configuration) throws IOException, URISyntaxException {
      super(uri, new WithRenames(), configuration, RENAMES, false);
    }
  }

  static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.set("fs." + OBJECTS + ".impl", DyingFileSystem.class.getName());
    configuration.set("fs." + RENAMES + ".impl", WithRenames.class.getName());
    configuration.set("fs.AbstractFileSystem." + RENAMES + ".impl", Context.class.getName());
    return configuration;
  }

  static Path path(boolean hasRename, java.nio.file.Path directory) {
    return new Path((hasRename ? RENAMES : OBJECTS) + "://x" + directory);
  }

  /** Sets how many changes can still be made. */
  static void live(long changes) {
    LIFE.set(changes);
  }

  static long left() {
    return LIFE.get();
  }

  @Override
  public URI getUri() {
    return URI.create(OBJECTS + "://x");
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    change();
    boolean isObject = getUri().getScheme().equals(OBJECTS);
    ByteArrayOutputStream unseen = new ByteArrayOutputStream();
    OutputStream seen =
        isObject
            ? unseen
            : super.create(path, overwrite, bufferSize, replication, blockSize, progress);
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) throws IOException {
            int written = changes(length);
            seen.write(bytes, offset, written);
            if (written < length) {
              throw new IOException("died");
            }
          }

          @Override
          public void close() throws IOException {
            seen.close();
            if (isObject) {
              change();
              put(path, unseen.toByteArray());
            }
          }
        };
    return new FSDataOutputStream(out, null);
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    return create(path, overwrite, bufferSize, replication, blockSize, progress);
  }

  @Override
  public FSDataOutputStream createNonRecursive(
      Path path,
      FsPermission permission,
      java.util.EnumSet<org.apache.hadoop.fs.CreateFlag> flags,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    return create(path, true, bufferSize, replication, blockSize, progress);
  }

  @Override
  public boolean rename(Path source, Path target) throws IOException {
    change();
    return super.rename(source, target);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    change();
    return super.delete(path, recursive);
  }

  @Override
  public boolean mkdirs(Path path) throws IOException {
    change();
    return super.mkdirs(path);
  }

  private static void change() throws IOException {
    if (changes(1) == 0) {
      throw new IOException("died");
    }
  }

  /** Uses up life; returns for how many of the changes there was enough. */
  private static int changes(int wanted) {
    return (int) Math.min(wanted, LIFE.getAndUpdate(left -> Math.max(0, left - wanted)));
  }

  private void put(Path path, byte[] bytes) throws IOException {
    java.nio.file.Path file = pathToFile(path).toPath();
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }
}
