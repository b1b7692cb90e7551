package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.conf.Configuration;

/** A file on a local disk, which grows in place. A crash can cut its last line short. */
final class AppendedFile implements LineFile {
  private final FileChannel channel;

  private AppendedFile(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens a file, making it and its directories if they are not there. */
  static AppendedFile open(org.apache.hadoop.fs.Path file, Configuration configuration)
      throws IOException {
    Path path = Path.of(Storage.qualified(file, configuration).toUri().getPath()).toAbsolutePath();
    Path directory = path.getParent();
    if (directory == null) {
      throw new IOException("Cannot write '" + path + "': it is a directory");
    }
    Files.createDirectories(directory);
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
      names.force(true);
      channel.position(channel.size());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new AppendedFile(channel);
  }

  @Override
  public void append(byte[] text, int lines) throws IOException {
    long before = channel.position();
    try {
      ByteBuffer bytes = ByteBuffer.wrap(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(false);
    } catch (IOException e) {
      try {
        channel.truncate(before);
      } catch (IOException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
