package io.github.pumaspark.jobs.tracking;

import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of lines on a store whose files are written once: HDFS and object stores. */
final class PartedFile implements LineFile {
  /*
   * The main file holds the first lines, parts hold later ones. New lines are written together with the
   * newest parts that are no longer than they are, so lengths fall geometrically: n appends leave about
   * log n parts and write every byte about log n times, where rewriting the whole would write it n times.
   * A part is named by the numbers of its lines. So one whose lines stand in a longer part or in the main
   * file already, because a crash kept it from being removed, is known and not read.
   */
  private static final Logger LOG = LoggerFactory.getLogger(PartedFile.class);
  private static final long SMALL_BYTES = 1 << 16;

  private final Path file;
  private final Configuration configuration;
  private final FileSystem fs;
  private final List<FilePart> parts = new ArrayList<>();
  private long mainLines;
  private long mainBytes;

  /**
   * Goes on with a file.
   *
   * @param lines that it has now, all of them in the main file
   */
  PartedFile(Path file, Configuration configuration, long lines) throws IOException {
    this.file = file;
    this.configuration = configuration;
    this.fs = Storage.of(file, configuration);
    this.mainLines = lines;
    this.mainBytes = fs.exists(file) ? fs.getFileStatus(file).getLen() : 0;
  }

  @Override
  public void append(byte[] text, int lines) throws IOException {
    long bytes = text.length;
    int kept = parts.size();
    while (kept > 0 && parts.get(kept - 1).bytes() <= Math.max(bytes, SMALL_BYTES)) {
      kept--;
      bytes += parts.get(kept).bytes();
    }
    List<FilePart> merged = List.copyOf(parts.subList(kept, parts.size()));
    long end = end() + lines;
    if (kept == 0 && mainBytes <= Math.max(bytes, SMALL_BYTES)) {
      write(file, mainBytes > 0, merged, text);
      mainLines = end;
      mainBytes += bytes;
    } else {
      FilePart part =
          FilePart.of(file, merged.isEmpty() ? end() : merged.get(0).start(), end, bytes);
      write(part.path(), false, merged, text);
      parts.add(part);
    }
    remove(merged);
  }

  @Override
  public void close() throws IOException {
    if (!parts.isEmpty()) {
      List<FilePart> merged = List.copyOf(parts);
      long end = end();
      write(file, true, merged, new byte[0]);
      mainBytes += merged.stream().mapToLong(FilePart::bytes).sum();
      mainLines = end;
      remove(merged);
    }
    fs.delete(FilePart.directory(file), true);
  }

  private long end() {
    return parts.isEmpty() ? mainLines : parts.get(parts.size() - 1).end();
  }

  private void write(Path target, boolean afterMain, List<FilePart> merged, byte[] text)
      throws IOException {
    Storage.writeAtomically(
        target,
        configuration,
        out -> {
          if (afterMain) {
            copy(file, out);
          }
          for (FilePart part : merged) {
            copy(part.path(), out);
          }
          out.write(text);
        });
  }

  private void copy(Path from, OutputStream out) throws IOException {
    try (InputStream in = fs.open(from)) {
      in.transferTo(out);
    }
  }

  private void remove(List<FilePart> merged) {
    parts.removeAll(merged);
    for (FilePart part : merged) {
      try {
        fs.delete(part.path(), false);
      } catch (IOException e) {
        LOG.warn("'{}' stays, though its lines stand elsewhere now", part.path(), e);
      }
    }
  }
}
