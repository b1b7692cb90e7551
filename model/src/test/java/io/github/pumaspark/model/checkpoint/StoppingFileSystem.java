package io.github.pumaspark.model.checkpoint;

import java.io.IOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.util.Progressable;

/**
 * The local disk behind an object store's manners (a file appears under its final name when it is
 * closed), on which the process stops before a chosen file is written.
 */
public final class StoppingFileSystem extends RawLocalFileSystem {
  static final String SCHEME = "stopping";
  private static final String REMAINING = "stopping.remaining-files";

  /** A configuration in which writing fails once {@code files} files were written. */
  static Configuration stopAfter(int files) {
    Configuration configuration = new Configuration(false);
    configuration.set("fs." + SCHEME + ".impl", StoppingFileSystem.class.getName());
    configuration.setBoolean("fs." + SCHEME + ".impl.disable.cache", true);
    configuration.setInt(REMAINING, files);
    return configuration;
  }

  @Override
  public URI getUri() {
    return URI.create(SCHEME + ":///");
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
    int remaining = getConf().getInt(REMAINING, 0);
    if (remaining == 0) {
      throw new IOException("stopped before '" + path.getName() + "'");
    }
    getConf().setInt(REMAINING, remaining - 1);
    return super.create(path, overwrite, bufferSize, replication, blockSize, progress);
  }
}
