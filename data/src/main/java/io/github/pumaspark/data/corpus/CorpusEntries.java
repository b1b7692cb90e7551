package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.storage.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The unpacked contents inside one file, one after the other: one for a plain or gzip file, every
 * chosen entry for an archive. Opens the file when first asked.
 */
final class CorpusEntries implements Closeable {
  private static final byte[] END_OF_ARCHIVE = {'P', 'K', 5, 6};
  private static final int END_OF_ARCHIVE_BYTES = 22;
  private static final int LONGEST_COMMENT = 0xFFFF;

  private final CorpusFile file;
  private final Configuration configuration;
  private final IncludePatterns include;
  private String source;
  private @Nullable InputStream opened;
  private @Nullable ZipInputStream archive;
  private boolean truncated;

  CorpusEntries(CorpusFile file, Configuration configuration, IncludePatterns include) {
    this.file = file;
    this.configuration = configuration;
    this.include = include;
    source = file.path();
  }

  /** The content in hand as {@code path} or {@code path!entry}. */
  String source() {
    return source;
  }

  /**
   * The next content, to be read before the next call and not closed; null after the last.
   *
   * @throws SourceStream.SourceException if the file system fails
   * @throws IOException if the compressed form is damaged
   */
  @Nullable InputStream next() throws IOException {
    if (opened == null) {
      InputStream in = open();
      if (file.kind() != CorpusFile.Kind.ARCHIVE) {
        return unpacked(file.path(), in);
      }
      // Entries that declare UTF-8 names get it; this one never rejects the names of the others.
      archive = new ZipInputStream(in, StandardCharsets.ISO_8859_1);
    }
    return archive == null ? null : nextEntry(archive);
  }

  private InputStream open() throws IOException {
    try {
      Path path = new Path(file.path());
      FSDataInputStream in = Storage.of(path, configuration).open(path);
      opened = in;
      if (file.kind() == CorpusFile.Kind.ARCHIVE) {
        truncated = !hasEndOfArchive(in, file.bytes());
      }
      return new SourceStream(in);
    } catch (IOException e) {
      throw new SourceStream.SourceException(e);
    }
  }

  private @Nullable InputStream nextEntry(ZipInputStream zip) throws IOException {
    source = file.path();
    try {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (!entry.isDirectory() && include.matches(entry.getName())) {
          source = file.path() + '!' + entry.getName();
          return unpacked(entry.getName(), zip);
        }
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("malformed entry name", e);
    }
    // The stream reader takes a cut between two entries for the end.
    if (truncated) {
      throw new ZipException("no end record: truncated or not an archive");
    }
    return null;
  }

  private static InputStream unpacked(String name, InputStream in) throws IOException {
    return CorpusFile.kindOf(name) == CorpusFile.Kind.GZIP ? new GZIPInputStream(in, 1 << 16) : in;
  }

  private static boolean hasEndOfArchive(FSDataInputStream in, long bytes) throws IOException {
    byte[] tail = new byte[(int) Math.min(bytes, END_OF_ARCHIVE_BYTES + LONGEST_COMMENT)];
    in.readFully(bytes - tail.length, tail);
    for (int at = tail.length - END_OF_ARCHIVE_BYTES; at >= 0; at--) {
      if (Arrays.equals(tail, at, at + 4, END_OF_ARCHIVE, 0, 4)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void close() throws IOException {
    if (opened != null) {
      opened.close();
    }
  }
}
