package io.github.pumaspark.data.manifest;

import io.github.pumaspark.data.shard.SampleRows;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardWriter;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A small dataset of random rows for tests, written as a job would write it. */
public final class SampleDataset {
  private SampleDataset() {}

  /** Writes shards of the given sizes and the manifest; gives back all rows in order. */
  public static List<TokenRow> write(
      Path directory,
      Configuration configuration,
      ShardLayout layout,
      TokenizerSpec tokenizer,
      int... shardRows)
      throws IOException {
    List<TokenRow> rows = new ArrayList<>();
    List<ShardEntry> shards = new ArrayList<>();
    ShardWriter writer = new ShardWriter(layout, tokenizer);
    for (int s = 0; s < shardRows.length; s++) {
      List<TokenRow> part = SampleRows.rows(shardRows[s], layout, tokenizer, s);
      Path file = new Path(directory, ShardWriter.fileName(s, shardRows.length));
      shards.add(writer.write(file, rows.size(), part.iterator(), configuration));
      rows.addAll(part);
    }
    ManifestFile.write(directory, manifest(layout, tokenizer, shards), configuration);
    return rows;
  }

  /** A manifest of some shards, with three sources and counts that agree. */
  public static Manifest manifest(
      ShardLayout layout, TokenizerSpec tokenizer, List<ShardEntry> shards) {
    long tokens = shards.stream().mapToLong(ShardEntry::tokens).sum();
    TreeMap<String, Long> dropped = new TreeMap<>();
    dropped.put("validation", 5L);
    TreeMap<String, Long> quarantined = new TreeMap<>();
    quarantined.put("malformed", 2L);
    return new Manifest(
        1,
        "sample",
        "train",
        "0.1.0 (test)",
        tokenizer,
        DatasetLayout.of(layout, "sequential", new DatasetLayout.Shuffle("global_keyed_sort", 7)),
        "0123456789abcdef",
        List.of(new InputFile("corpus/a.txt", 1234, "feed")),
        List.of(
            new SourceEntry(0, "a", tokens, 20),
            new SourceEntry(1, "b", 0, 0),
            new SourceEntry(2, "c", 0, 0)),
        new DocumentCounts(27, 20, dropped, quarantined),
        shards);
  }
}
