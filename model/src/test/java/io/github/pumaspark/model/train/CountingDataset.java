package io.github.pumaspark.model.train;

import io.github.pumaspark.data.manifest.DatasetLayout;
import io.github.pumaspark.data.manifest.DocumentCounts;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.manifest.SourceEntry;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardWriter;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Rows that count round and round through four tokens, from a given first token on; a tiny network
 * learns them in seconds.
 */
final class CountingDataset {
  static final int LENGTH = 8;
  static final TokenizerSpec TOKENIZER = new SudokuTokenizer(4).spec();

  private CountingDataset() {}

  /** Writes the dataset; a few positions beside the first are given too. */
  static void write(Path directory, Configuration configuration, int rowCount) throws IOException {
    ShardLayout layout = ShardLayout.of(LENGTH, TOKENIZER.vocabSize(), true);
    SplittableRandom random = new SplittableRandom(1);
    List<TokenRow> rows = new ArrayList<>();
    for (int row = 0; row < rowCount; row++) {
      int first = random.nextInt(4);
      int[] tokens = new int[LENGTH];
      boolean[] prompt = new boolean[LENGTH];
      for (int i = 0; i < LENGTH; i++) {
        tokens[i] = 1 + (first + i) % 4;
        prompt[i] = i == 0 || (i < LENGTH - 2 && random.nextInt(8) == 0);
      }
      rows.add(new TokenRow(tokens, prompt, new int[] {LENGTH}, new int[] {1}, LENGTH, 0));
    }
    Path file = new Path(directory, ShardWriter.fileName(0, 1));
    ShardEntry shard =
        new ShardWriter(layout, TOKENIZER).write(file, 0, rows.iterator(), configuration);
    ManifestFile.write(
        directory,
        new Manifest(
            1,
            "counting",
            "train",
            "0.1.0 (test)",
            TOKENIZER,
            DatasetLayout.of(layout, "none", new DatasetLayout.Shuffle("none", 0)),
            "0123456789abcdef",
            List.of(),
            List.of(new SourceEntry(0, "counting", (long) rowCount * LENGTH, rowCount)),
            new DocumentCounts(rowCount, rowCount, new TreeMap<>(), new TreeMap<>()),
            List.of(shard)),
        configuration);
  }
}
