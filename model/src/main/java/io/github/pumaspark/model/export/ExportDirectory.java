package io.github.pumaspark.model.export;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A directory that appears with all its files or not at all: written under a temporary name beside
 * the target, then renamed.
 */
final class ExportDirectory {
  private static final Set<String> RENAMING =
      Set.of("file", "hdfs", "viewfs", "webhdfs", "swebhdfs");

  private final Path target;
  private final Configuration configuration;
  private final FileSystem fs;

  /**
   * @throws ConfigException if the target's file system does not rename directories in one act
   */
  ExportDirectory(Path target, Configuration configuration) throws IOException {
    this.target = target;
    this.configuration = configuration;
    this.fs = Storage.of(target, configuration);
    String scheme = fs.getUri().getScheme();
    if (!RENAMING.contains(scheme)) {
      throw new ConfigException(
          "Cannot export to '%s': %s cannot rename a directory in one act. Export to a local directory and copy it."
              .formatted(target, scheme));
    }
  }

  /**
   * Whether the target holds exactly these files already.
   *
   * @throws ConfigException if it is a file, or a directory with anything else in it
   */
  boolean holds(List<ExportFile> files) throws IOException {
    if (!fs.exists(target)) {
      return false;
    }
    if (!fs.getFileStatus(target).isDirectory()) {
      throw new ConfigException("Cannot export to '" + shown() + "': it is a file");
    }
    FileStatus[] found = fs.listStatus(target);
    if (found.length == 0) {
      return false;
    }
    Map<String, String> missing = new TreeMap<>();
    files.forEach(file -> missing.put(file.name(), file.sha256()));
    for (FileStatus status : found) {
      String name = status.getPath().getName();
      String expected = missing.remove(name);
      if (expected == null
          || status.isDirectory()
          || !expected.equals(Storage.sha256Hex(status.getPath(), configuration))) {
        throw occupied("its '" + name + "' is not of this export");
      }
    }
    if (!missing.isEmpty()) {
      throw occupied("it has no '" + missing.keySet().iterator().next() + "'");
    }
    return true;
  }

  /**
   * Writes the files; the target is missing or empty.
   *
   * @throws IOException if a write fails; there is then nothing of it left
   */
  void write(List<ExportFile> files) throws IOException {
    Path absolute = fs.makeQualified(target);
    Path temporary =
        new Path(absolute.getParent(), ".tmp-" + absolute.getName() + "-" + UUID.randomUUID());
    try {
      for (ExportFile file : files) {
        Storage.writeAtomically(new Path(temporary, file.name()), configuration, file.body());
      }
      fs.delete(absolute, false);
      if (!fs.rename(temporary, absolute)) {
        throw new IOException("Cannot rename '" + temporary + "' to '" + shown() + "'");
      }
    } finally {
      fs.delete(temporary, true);
    }
  }

  private ConfigException occupied(String reason) {
    return new ConfigException(
        "Cannot export to '%s': it is not empty, and %s. Choose another directory, or delete it."
            .formatted(shown(), reason));
  }

  private String shown() {
    return Storage.shown(target);
  }
}
