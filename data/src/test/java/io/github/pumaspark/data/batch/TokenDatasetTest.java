package io.github.pumaspark.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.manifest.SampleDataset;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.SampleRows;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardWriter;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class TokenDatasetTest {
  private static final Configuration CONF = new Configuration();
  private static final TokenizerSpec BYTES = new ByteTokenizer().spec();

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void anyRowComesBackInAnyOrder(TokenType type) throws Exception {
    ShardLayout layout = new ShardLayout(20, type, false, 4);
    List<TokenRow> rows =
        SampleDataset.write(
            hadoop(),
            CONF,
            layout,
            type == TokenType.UINT16 ? BYTES : SampleRows.WIDE,
            0,
            9,
            0,
            0,
            3,
            1);

    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      assertThat(dataset.rows()).isEqualTo(13);
      assertThat(dataset.sequenceLength()).isEqualTo(20);
      for (int r = 12; r >= 0; r--) {
        Sequence sequence = dataset.row(r);
        assertThat(sequence.rowId()).isEqualTo(r);
        assertThat(sequence.tokens()).containsExactly(rows.get(r).tokens());
        assertThat(sequence.tokenCount()).isEqualTo(rows.get(r).tokenCount());
      }
    }
  }

  @Test
  void promptLengthsGiveTheFirstTokensOfEachDocument() throws Exception {
    write(
        new ShardLayout(8, TokenType.UINT16, false, 4),
        new TokenRow(
            new int[] {1, 2, 3, 4, 5, 6, 257, 257},
            null,
            new int[] {2, 1, 3},
            new int[] {1, 0, 2},
            6,
            0));

    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      Sequence sequence = dataset.row(0);
      assertThat(sequence.segments()).containsExactly(0, 0, 1, 2, 2, 2, 3, 3);
      assertThat(sequence.prompt())
          .containsExactly(true, false, false, true, true, false, false, false);
      assertThat(sequence.maskableLength()).isEqualTo(3);
    }
  }

  @Test
  void promptMaskGivesPositionsAnywhere() throws Exception {
    boolean[] mask = {false, true, false, true, true, false, false, false};
    write(
        new ShardLayout(8, TokenType.UINT16, true, 4),
        new TokenRow(
            new int[] {1, 2, 3, 4, 5, 6, 257, 257}, mask, new int[] {6}, new int[] {0}, 6, 0));

    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      assertThat(dataset.row(0).prompt()).containsExactly(mask);
      assertThat(dataset.row(0).segments()).containsExactly(0, 0, 0, 0, 0, 0, 1, 1);
    }
  }

  @Test
  void damagedShardsAreRefused() throws Exception {
    SampleDataset.write(
        hadoop(), CONF, new ShardLayout(20, TokenType.UINT16, true, 4), BYTES, 9, 3);
    Path file = directory.resolve("data-00001-of-00002.arrow");
    byte[] bytes = Files.readAllBytes(file);

    bytes[bytes.length - 100] ^= 1;
    Files.write(file, bytes);
    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      assertThat(dataset.row(8).tokens()).hasSize(20);
      assertThatThrownBy(() -> dataset.row(9))
          .isInstanceOf(CorruptShardException.class)
          .hasMessageStartingWith("Cannot read shard '" + file + "': record batch 0 at byte ");
    }

    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertThatThrownBy(() -> TokenDataset.open(hadoop(), CONF))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining("it was truncated or replaced after sharding");

    Files.delete(file);
    assertThatThrownBy(() -> TokenDataset.open(hadoop(), CONF))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining("the file is missing");
  }

  @Test
  void threadsReadTheSameRows() throws Exception {
    ShardLayout layout = new ShardLayout(20, TokenType.UINT16, true, 4);
    List<TokenRow> rows = SampleDataset.write(hadoop(), CONF, layout, BYTES, 100, 100);

    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        List<Future<?>> futures = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
          int offset = t * 25;
          futures.add(
              threads.submit(
                  () -> {
                    for (int i = 0; i < 200; i++) {
                      int row = (offset + i) % 200;
                      assertThat(dataset.row(row).tokens()).containsExactly(rows.get(row).tokens());
                    }
                  }));
        }
        for (Future<?> future : futures) {
          future.get();
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Test
  void anotherTokenizerIsAnErrorOfConfiguration() throws Exception {
    SampleDataset.write(hadoop(), CONF, new ShardLayout(20, TokenType.UINT16, true, 4), BYTES, 3);

    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      dataset.requireTokenizer(BYTES);
      assertThatThrownBy(() -> dataset.requireTokenizer(new SudokuTokenizer(6).spec()))
          .isInstanceOf(ConfigException.class)
          .hasMessage(
              "Cannot use dataset 'file:%s': its tokenizer is 'byte' (sha256 %s), expected 'sudoku-6' (sha256 %s). Shard the corpus with that tokenizer."
                  .formatted(
                      directory,
                      BYTES.sha256().substring(0, 8),
                      new SudokuTokenizer(6).spec().sha256().substring(0, 8)));
    }
  }

  @Test
  void closedDatasetAndRowsOutsideAreRefused() throws Exception {
    SampleDataset.write(hadoop(), CONF, new ShardLayout(20, TokenType.UINT16, true, 4), BYTES, 3);
    TokenDataset dataset = TokenDataset.open(hadoop(), CONF);

    assertThatThrownBy(() -> dataset.row(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> dataset.row(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    dataset.close();
    assertThatThrownBy(() -> dataset.row(0)).isInstanceOf(IllegalStateException.class);
  }

  private void write(ShardLayout layout, TokenRow row) throws Exception {
    ShardEntry entry =
        new ShardWriter(layout, BYTES)
            .write(
                new org.apache.hadoop.fs.Path(hadoop(), "data-00000-of-00001.arrow"),
                0,
                List.of(row).iterator(),
                CONF);
    ManifestFile.write(hadoop(), SampleDataset.manifest(layout, BYTES, List.of(entry)), CONF);
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(directory.toString());
  }
}
