package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A file on a store whose files are written once, for readers that take a row of files as one: the
 * last of them is written again, longer, until it is large enough.
 */
final class RolledFile implements LineFile {
  private final Path file;
  private final Configuration configuration;
  private final ByteArrayOutputStream content = new ByteArrayOutputStream();
  private final int largeBytes;
  private int number;

  /**
   * @param file whose name the names of the files begin with
   * @param largeBytes size from which a file is large enough
   */
  RolledFile(Path file, Configuration configuration, int largeBytes) {
    this.file = file;
    this.configuration = configuration;
    this.largeBytes = largeBytes;
  }

  @Override
  public void append(byte[] text, int lines) throws IOException {
    content.writeBytes(text);
    Path current = file.suffix(String.format(Locale.ROOT, "-%05d", number));
    Storage.writeAtomically(current, configuration, content::writeTo);
    if (content.size() >= largeBytes) {
      content.reset();
      number++;
    }
  }

  @Override
  public void close() {}
}
