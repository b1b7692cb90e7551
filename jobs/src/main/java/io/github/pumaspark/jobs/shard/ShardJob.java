package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.corpus.SudokuCorpus;
import io.github.pumaspark.data.corpus.TextCorpus;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.DatasetLayout;
import io.github.pumaspark.data.manifest.DocumentCounts;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.manifest.SourceEntry;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardSchema;
import io.github.pumaspark.data.storage.DirectoryLock;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.CodeVersion;
import io.github.pumaspark.jobs.config.ShardConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the training and validation datasets of a corpus. The bytes written depend on the inputs
 * and the settings, not on executors, partitions of the input, or retries. Driver only.
 */
public final class ShardJob {
  private static final Logger LOG = LoggerFactory.getLogger(ShardJob.class);

  private final ShardConfig config;
  private final Configuration configuration;

  /** A job for one corpus; {@code configuration} is for the file systems on the driver. */
  public ShardJob(ShardConfig config, Configuration configuration) {
    this.config = config;
    this.configuration = configuration;
  }

  /**
   * What was made, or was there already.
   *
   * @param trainRows rows of the training dataset
   * @param validationRows rows of the validation dataset; 0 = there is none
   * @param quarantined unusable documents
   */
  public record Result(
      Path train,
      Path validation,
      long trainRows,
      long validationRows,
      long quarantined,
      boolean wasUpToDate) {}

  /** What is known of a dataset's rows before they are made. */
  public record Rows(TokenizerSpec tokenizer, int sequenceLength) {}

  /**
   * The rows that settings lead to; empty if that depends on an input.
   *
   * @param sudokuSize side of the boards; 0 = that of the input
   */
  public static Optional<Rows> rows(ShardConfig config, int sudokuSize) {
    return switch (config.format()) {
      case SUDOKU_CSV -> {
        if (sudokuSize == 0) {
          yield Optional.empty();
        }
        SudokuFormat format = new SudokuFormat(SudokuSize.of(sudokuSize));
        yield Optional.of(new Rows(format.tokenizer(), format.sequenceLength()));
      }
      case TEXT -> Optional.of(new Rows(new ByteTokenizer().spec(), config.sequenceLength()));
    };
  }

  /**
   * Runs the job, unless the datasets of the same inputs and settings are there.
   *
   * @param session asked only if there is work to do; the supplier's owner closes it
   * @throws ConfigException if an input is missing or empty, the output is used by something else,
   *     or a split would be empty
   * @throws IOException if too many documents are unusable, or reading or writing fails; no
   *     manifest appears then
   */
  public Result run(Supplier<SparkSession> session) throws IOException {
    CorpusFormat format;
    List<CorpusFile> files;
    switch (config.format()) {
      case SUDOKU_CSV -> {
        files = SudokuCorpus.find(config.input(), configuration);
        format = new SudokuFormat(sudokuSize(files));
      }
      case TEXT -> {
        TextCorpus corpus = TextCorpus.of(config.patterns());
        files = corpus.find(config.input(), configuration);
        format = new TextFormat(corpus, new ByteTokenizer().spec(), config.sequenceLength());
      }
      default -> throw new AssertionError(config.format());
    }
    ShardPlan plan = ShardPlan.of(config, format, files, configuration);
    Path output = new Path(config.output());
    FileSystem fs = Storage.of(output, configuration);
    if (fs.exists(output) && !fs.getFileStatus(output).isDirectory()) {
      throw new ConfigException("Cannot use shard.output '" + output + "': it is a file");
    }
    try (DirectoryLock lock = DirectoryLock.acquire(output, configuration)) {
      LOG.debug("holding {}", lock);
      return run(session, format, files, plan);
    }
  }

  private Result run(
      Supplier<SparkSession> session, CorpusFormat format, List<CorpusFile> files, ShardPlan plan)
      throws IOException {
    List<Split> splits =
        config.validationFraction() > 0 ? List.of(Split.values()) : List.of(Split.TRAIN);
    List<Split> missing = new ArrayList<>();
    for (Split split : splits) {
      if (!plan.isDone(directory(split), configuration)) {
        ShardPlan.requireFree(directory(split), configuration);
        missing.add(split);
      }
    }
    if (!missing.isEmpty()) {
      write(session.get(), format, files, plan, missing);
    }
    return result(missing.isEmpty());
  }

  private void write(
      SparkSession session,
      CorpusFormat format,
      List<CorpusFile> files,
      ShardPlan plan,
      List<Split> missing)
      throws IOException {
    try (CorpusRows rows = CorpusRows.read(session, config, format, files)) {
      Census census = rows.census();
      LOG.info(
          "shard: {} documents read, {} for training, {} held out, {} quarantined",
          census.read(),
          census.train(),
          census.validation(),
          census.quarantinedCount());
      new QuarantineFile(new Path(config.output(), "quarantine"), configuration)
          .write(rows, census, config.maxQuarantinedFraction());
      for (Split split : missing) {
        requireDocuments(census, split);
      }
      for (Split split : missing) {
        ShardLayout layout =
            ShardLayout.of(
                format.sequenceLength(), format.tokenizer().vocabSize(), format.hasPromptMask());
        List<ShardEntry> shards =
            rows.writeShards(
                split,
                census,
                layout,
                Storage.qualified(directory(split), configuration).toString());
        ManifestFile.write(
            directory(split), manifest(format, plan, split, census, layout, shards), configuration);
        LOG.info("shard: {} rows in '{}'", totalRows(shards), directory(split));
      }
    }
  }

  private Manifest manifest(
      CorpusFormat format,
      ShardPlan plan,
      Split split,
      Census census,
      ShardLayout layout,
      List<ShardEntry> shards) {
    TreeMap<String, Long> dropped = new TreeMap<>();
    if (census.documents(split.other()) > 0) {
      dropped.put(split.other().directory(), census.documents(split.other()));
    }
    String name = new Path(config.output()).getName();
    return new Manifest(
        ShardSchema.VERSION,
        name,
        split.directory(),
        CodeVersion.current().toString(),
        format.tokenizer(),
        DatasetLayout.of(
            layout,
            format.packing(),
            new DatasetLayout.Shuffle("global_keyed_sort", config.seed())),
        plan.sha256(),
        plan.inputs(),
        List.of(new SourceEntry(0, name, census.tokens(split), census.documents(split))),
        new DocumentCounts(
            census.read(), census.documents(split), dropped, new TreeMap<>(census.quarantined())),
        shards);
  }

  private void requireDocuments(Census census, Split split) {
    if (census.documents(split) > 0) {
      return;
    }
    throw new ConfigException(
        split == Split.TRAIN
            ? "Cannot shard: the input has no usable document for training (read "
                + census.read()
                + ", quarantined "
                + census.quarantinedCount()
                + ")"
            : "Cannot shard: no document of "
                + census.read()
                + " falls into the validation split with shard.validation-fraction = "
                + config.validationFraction()
                + ". Raise it, or set it to 0.");
  }

  private SudokuSize sudokuSize(List<CorpusFile> files) throws IOException {
    if (config.sudokuSize() > 0) {
      return SudokuSize.of(config.sudokuSize());
    }
    return SudokuCorpus.sizeOf(files, configuration)
        .orElseThrow(
            () ->
                new ConfigException(
                    "Cannot shard: no valid puzzle in " + String.join(", ", config.input())));
  }

  private Result result(boolean wasUpToDate) throws IOException {
    Manifest train = ManifestFile.read(directory(Split.TRAIN), configuration);
    long validationRows =
        config.validationFraction() > 0
            ? ManifestFile.read(directory(Split.VALIDATION), configuration).rows()
            : 0;
    return new Result(
        directory(Split.TRAIN),
        directory(Split.VALIDATION),
        train.rows(),
        validationRows,
        train.counts().quarantined().values().stream().mapToLong(Long::longValue).sum(),
        wasUpToDate);
  }

  private Path directory(Split split) {
    return new Path(config.output(), split.directory());
  }

  private static long totalRows(List<ShardEntry> shards) {
    return shards.stream().mapToLong(ShardEntry::rows).sum();
  }
}
