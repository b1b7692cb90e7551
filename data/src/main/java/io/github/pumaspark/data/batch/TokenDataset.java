package io.github.pumaspark.data.batch;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardReader;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A finished dataset, open for reading any row at any time. Thread-safe.
 *
 * <p>Shards on a local disk are mapped where they are. Shards elsewhere are copied on first use to
 * the directory {@code puma.dataset.cache-dir} of the Hadoop configuration (default: {@code
 * puma-spark-USER/shards} in the temporary directory), checked against their SHA-256, and kept.
 */
public final class TokenDataset implements AutoCloseable {
  private final Path directory;
  private final boolean local;
  private final Manifest manifest;
  private final String manifestSha256;
  private final String tokenizerSha256;
  private final ShardCache cache;
  private final long[] firstRows;
  private final long rows;
  private final AtomicReferenceArray<ShardReader> readers;
  private volatile boolean closed;

  private TokenDataset(
      Path directory, FileSystem fs, Manifest manifest, String sha256, Configuration conf) {
    this.directory = fs.makeQualified(directory);
    this.local = fs.getUri().getScheme().equals("file");
    this.manifest = manifest;
    this.manifestSha256 = sha256;
    this.tokenizerSha256 = manifest.tokenizer().sha256();
    this.cache = new ShardCache(conf);
    this.firstRows = manifest.shards().stream().mapToLong(ShardEntry::firstRow).toArray();
    this.rows = manifest.rows();
    this.readers = new AtomicReferenceArray<>(firstRows.length);
  }

  /**
   * Opens a dataset; every shard must be there with its size, its content is checked when rows of
   * it are read.
   *
   * @throws ConfigException if it is not a finished dataset or a newer build wrote it
   * @throws CorruptShardException if the manifest is not valid, or a shard is missing or has
   *     another size
   */
  public static TokenDataset open(Path directory, Configuration configuration) throws IOException {
    Manifest manifest = ManifestFile.read(directory, configuration);
    ManifestFile.requireShards(directory, manifest, configuration);
    TokenDataset dataset =
        new TokenDataset(
            directory,
            Storage.of(directory, configuration),
            manifest,
            ManifestFile.sha256(directory, configuration),
            configuration);
    for (int s = 0; dataset.local && s < dataset.firstRows.length; s++) {
      dataset.reader(s);
    }
    return dataset;
  }

  /** What the dataset is. */
  public Manifest manifest() {
    return manifest;
  }

  /** SHA-256 of the manifest file: the identity of the dataset. */
  public String manifestSha256() {
    return manifestSha256;
  }

  /** Rows of the dataset. */
  public long rows() {
    return rows;
  }

  /** Length of every row (L). */
  public int sequenceLength() {
    return manifest.layout().sequenceLength();
  }

  /**
   * Requires that the rows are ids of a given tokenizer.
   *
   * @throws ConfigException naming both tokenizers if they are not
   */
  public void requireTokenizer(TokenizerSpec expected) {
    if (!tokenizerSha256.equals(expected.sha256())) {
      throw new ConfigException(
          "Cannot use dataset '%s': its tokenizer is '%s' (sha256 %s), expected '%s' (sha256 %s). Shard the corpus with that tokenizer."
              .formatted(
                  directory,
                  manifest.tokenizer().name(),
                  tokenizerSha256.substring(0, 8),
                  expected.name(),
                  expected.sha256().substring(0, 8)));
    }
  }

  /**
   * A row by its global number, in fresh arrays.
   *
   * @throws IndexOutOfBoundsException if {@code rowId} is not in [0, {@link #rows()})
   * @throws CorruptShardException if its shard is not what was written
   * @throws UncheckedIOException if its shard cannot be read
   * @throws IllegalStateException if this dataset is closed
   */
  public Sequence row(long rowId) {
    if (closed) {
      throw new IllegalStateException("Cannot read dataset '" + directory + "': it is closed");
    }
    if (rowId < 0 || rowId >= rows) {
      throw new IndexOutOfBoundsException(
          "Invalid row: " + rowId + " (dataset '" + directory + "' has " + rows + " rows)");
    }
    int shard = Arrays.binarySearch(firstRows, rowId);
    if (shard < 0) {
      shard = -shard - 2;
    }
    // Shards without rows share their first row with the shard after them.
    while (manifest.shards().get(shard).rows() <= rowId - firstRows[shard]) {
      shard++;
    }
    try {
      return sequence(rowId, reader(shard).row(rowId - firstRows[shard]));
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
  }

  /** Ends reading; mappings go when nothing refers to them any more. */
  @Override
  public void close() {
    closed = true;
    for (int s = 0; s < readers.length(); s++) {
      readers.set(s, null);
    }
  }

  private ShardReader reader(int shard) throws IOException {
    ShardReader reader = readers.get(shard);
    if (reader == null) {
      reader = open(shard);
      readers.set(shard, reader);
    }
    return reader;
  }

  private synchronized ShardReader open(int shard) throws IOException {
    ShardReader opened = readers.get(shard);
    if (opened != null) {
      return opened;
    }
    List<ShardEntry> shards = manifest.shards();
    ShardEntry entry = shards.get(shard);
    Path file = new Path(directory, entry.path());
    java.nio.file.Path localFile =
        local ? java.nio.file.Path.of(file.toUri().getPath()) : cache.localCopy(file, entry);
    String name = local ? localFile.toString() : file + "' (local copy '" + localFile + "')";
    return ShardReader.open(
        localFile, name, entry, manifest.layout().shardLayout(), tokenizerSha256);
  }

  private static Sequence sequence(long rowId, TokenRow row) {
    int length = row.tokens().length;
    int[] segments = new int[length];
    boolean[] given = new boolean[length];
    int[] documentLengths = row.documentLengths();
    int start = 0;
    for (int d = 0; d < documentLengths.length; d++) {
      Arrays.fill(segments, start, start + documentLengths[d], d);
      Arrays.fill(given, start, start + row.promptLengths()[d], true);
      start += documentLengths[d];
    }
    Arrays.fill(segments, start, length, documentLengths.length);
    boolean[] mask = row.prompt();
    return new Sequence(
        rowId, row.tokens(), mask == null ? given : mask, segments, row.tokenCount());
  }
}
