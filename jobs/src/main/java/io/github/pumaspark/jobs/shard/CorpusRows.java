package io.github.pumaspark.jobs.shard;

import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.corpus.CorpusRecord;
import io.github.pumaspark.data.corpus.QuarantinedRecord;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardWriter;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.jobs.config.ShardConfig;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.SerializableConfiguration;
import scala.Tuple2;

/**
 * The records of a corpus on the cluster, read once and kept until closed.
 *
 * <p>The global shuffle is a sort by uniform keys: cut into equal key ranges, so that no sample
 * decides the ranges, then sorted within each. Shard i is range i.
 */
final class CorpusRows implements AutoCloseable {
  private final ShardConfig config;
  private final CorpusFormat format;
  private final JavaSparkContext context;
  private final Broadcast<SerializableConfiguration> hadoop;
  private final JavaRDD<CorpusRecord> records;

  private CorpusRows(
      ShardConfig config,
      CorpusFormat format,
      JavaSparkContext context,
      Broadcast<SerializableConfiguration> hadoop,
      JavaRDD<CorpusRecord> records) {
    this.config = config;
    this.format = format;
    this.context = context;
    this.hadoop = hadoop;
    this.records = records;
  }

  /** Prepares to read some files; nothing is read yet. */
  static CorpusRows read(
      SparkSession session, ShardConfig config, CorpusFormat format, List<CorpusFile> files) {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    context.setJobDescription("shard");
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    int partitions = Math.min(files.size(), 8 * Math.max(1, context.defaultParallelism()));
    JavaRDD<CorpusRecord> records =
        context
            .parallelize(files, partitions)
            .flatMap(file -> format.read(file, hadoop.value().value()))
            .persist(StorageLevel.MEMORY_AND_DISK());
    return new CorpusRows(config, format, context, hadoop, records);
  }

  /** Reads everything and counts. */
  Census census() {
    context.setJobDescription("shard: read and count");
    CorpusFormat how = format;
    long seed = config.seed();
    double fraction = config.validationFraction();
    return records.aggregate(
        Census.empty(),
        (census, record) ->
            census.plus(
                record instanceof QuarantinedRecord bad
                    ? Census.quarantined(bad.reason())
                    : Census.usable(
                        Split.of(how.splitHash(record), seed, fraction), how.tokenCount(record))),
        Census::plus);
  }

  /** The first quarantined records by file and line. */
  List<QuarantinedRecord> quarantined(int limit) {
    context.setJobDescription("shard: list the quarantined");
    return records
        .filter(QuarantinedRecord.class::isInstance)
        .map(QuarantinedRecord.class::cast)
        .takeOrdered(limit, new BySource());
  }

  /** Writes the shards of a split into a directory; the caller writes the manifest. */
  List<ShardEntry> writeShards(Split split, Census census, ShardLayout layout, String directory) {
    context.setJobDescription("shard: write " + split.directory());
    long atMost =
        format.isPacked()
            ? (census.tokens(split) + format.sequenceLength() - 1) / format.sequenceLength()
            : census.documents(split);
    int shards = (int) Math.max(1, (atMost + config.rowsPerShard() - 1) / config.rowsPerShard());
    JavaRDD<TokenRow> rows = shuffled(split, shards);
    long[] firstRows = firstRows(rows, shards);
    CorpusFormat how = format;
    Broadcast<SerializableConfiguration> settings = hadoop;
    return rows.mapPartitionsWithIndex(
            (shard, its) -> {
              Path file = new Path(directory, ShardWriter.fileName(shard, shards));
              ShardWriter writer = new ShardWriter(layout, how.tokenizer());
              ShardEntry entry =
                  writer.write(file, firstRows[shard], its, settings.value().value());
              return List.of(entry).iterator();
            },
            true)
        .collect();
  }

  @Override
  public void close() {
    records.unpersist(false);
    context.setJobDescription(null);
  }

  private JavaRDD<TokenRow> shuffled(Split split, int shards) {
    CorpusFormat how = format;
    long seed = config.seed();
    double fraction = config.validationFraction();
    JavaPairRDD<RowKey, CorpusRecord> keyed =
        records
            .filter(record -> !(record instanceof QuarantinedRecord))
            .filter(record -> Split.of(how.splitHash(record), seed, fraction) == split)
            .mapToPair(
                record ->
                    new Tuple2<>(
                        RowKey.of(seed, how.contentHash(record), record.source(), record.line()),
                        record));
    KeyRangePartitioner ranges = new KeyRangePartitioner(shards);
    JavaRDD<TokenRow> rows =
        keyed
            .repartitionAndSortWithinPartitions(ranges, Comparator.naturalOrder())
            .mapPartitions(its -> how.rows(values(its)));
    if (!how.isPacked()) {
      return rows;
    }
    return rows.mapPartitionsWithIndex((partition, its) -> packed(seed, partition, its), false)
        .mapToPair(pair -> pair)
        .repartitionAndSortWithinPartitions(ranges, Comparator.naturalOrder())
        .map(Tuple2::_2);
  }

  private static long[] firstRows(JavaRDD<TokenRow> rows, int shards) {
    List<Long> counts =
        rows.mapPartitions(
                its -> {
                  long count = 0;
                  for (; its.hasNext(); its.next()) {
                    count++;
                  }
                  return List.of(count).iterator();
                })
            .collect();
    long[] firstRows = new long[shards];
    for (int shard = 1; shard < shards; shard++) {
      firstRows[shard] = firstRows[shard - 1] + counts.get(shard - 1);
    }
    return firstRows;
  }

  private static Iterator<CorpusRecord> values(Iterator<Tuple2<RowKey, CorpusRecord>> pairs) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return pairs.hasNext();
      }

      @Override
      public CorpusRecord next() {
        return pairs.next()._2();
      }
    };
  }

  private static Iterator<Tuple2<RowKey, TokenRow>> packed(
      long seed, int partition, Iterator<TokenRow> rows) {
    return new Iterator<>() {
      private long row;

      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Tuple2<RowKey, TokenRow> next() {
        return new Tuple2<>(RowKey.ofPacked(seed, partition, row++), rows.next());
      }
    };
  }

  private static final class BySource
      implements Comparator<QuarantinedRecord>, java.io.Serializable {
    private static final long serialVersionUID = 1;

    @Override
    public int compare(QuarantinedRecord a, QuarantinedRecord b) {
      int bySource = a.source().compareTo(b.source());
      return bySource != 0 ? bySource : Long.compare(a.line(), b.line());
    }
  }
}
