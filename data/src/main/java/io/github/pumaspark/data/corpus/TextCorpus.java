package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * Plain text and source code: one document per file or archive entry.
 *
 * <p>A file longer than {@code maxDocumentBytes} becomes several documents, cut at line ends; a
 * line longer than that sends the rest of the file to quarantine, as does a NUL byte or invalid
 * UTF-8. Empty files are no documents. Archives inside archives are not opened.
 *
 * @param include globs such as {@code **.java} over the names inside directories and archives, or
 *     none for all; in a pattern, {@code **} crosses folders and {@code *} does not
 * @param maxDocumentBytes the most bytes of a document, in [1, 2^30]; a reader holds up to three
 *     such buffers
 */
public record TextCorpus(List<String> include, int maxDocumentBytes) implements Serializable {
  /** A limit that no hand-written file reaches. */
  public static final int DEFAULT_MAX_DOCUMENT_BYTES = 8 << 20;

  /**
   * Checks the patterns and the limit.
   *
   * @throws ConfigException if a pattern is not a glob
   */
  public TextCorpus {
    Check.argument(
        1 <= maxDocumentBytes && maxDocumentBytes <= 1 << 30,
        "Invalid maximum document length: %d bytes (must be in [1, %d])",
        maxDocumentBytes,
        1 << 30);
    include = List.copyOf(include);
    new IncludePatterns(include);
  }

  /** All text below the inputs, with the default limit. */
  public static TextCorpus of(List<String> include) {
    return new TextCorpus(include, DEFAULT_MAX_DOCUMENT_BYTES);
  }

  /**
   * The files behind names, directories, globs and archives, each once, ordered by path.
   *
   * @throws ConfigException naming every input that does not exist or has nothing to read
   * @throws IOException if a file system fails
   */
  public List<CorpusFile> find(List<String> inputs, Configuration configuration)
      throws IOException {
    return CorpusFinder.find(inputs, new IncludePatterns(include), configuration);
  }

  /** The records of one file: {@link Document}s and {@link QuarantinedRecord}s. */
  public CorpusRecords read(CorpusFile file, Configuration configuration) {
    return new TextRecords(
        new CorpusEntries(file, configuration, new IncludePatterns(include)), maxDocumentBytes);
  }
}
