package io.github.pumaspark.data.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ShardWriterTest {
  private static final Configuration CONF = new Configuration();
  private static final TokenizerSpec BYTES = new ByteTokenizer().spec();

  @TempDir Path directory;

  static Stream<Arguments> layouts() {
    return Stream.of(
        Arguments.of(new ShardLayout(37, TokenType.UINT16, false, 8), BYTES),
        Arguments.of(new ShardLayout(37, TokenType.UINT16, true, 8), BYTES),
        Arguments.of(new ShardLayout(37, TokenType.UINT32, false, 8), SampleRows.WIDE),
        Arguments.of(new ShardLayout(37, TokenType.UINT32, true, 8), SampleRows.WIDE),
        Arguments.of(new ShardLayout(1, TokenType.UINT16, true, 1), BYTES));
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void rowsComeBackAsTheyWere(ShardLayout layout, TokenizerSpec tokenizer) throws Exception {
    for (int count : new int[] {0, 1, 8, 9, 100}) {
      List<TokenRow> rows = SampleRows.rows(count, layout, tokenizer, count);

      ShardEntry entry = write("rows.arrow", 1000, layout, tokenizer, rows);

      ShardReader reader =
          ShardReader.open(
              directory.resolve("rows.arrow"), "rows.arrow", entry, layout, tokenizer.sha256());
      List<TokenRow> read = new ArrayList<>();
      for (int r = 0; r < count; r++) {
        read.add(reader.row(r));
      }
      assertThat(read).usingRecursiveComparison().isEqualTo(rows);
    }
  }

  // An independent reader of the format: what we write is Arrow, not only our idea of it.
  @ParameterizedTest
  @MethodSource("layouts")
  void arrowsOwnReaderSeesTheSameRows(ShardLayout layout, TokenizerSpec tokenizer)
      throws Exception {
    List<TokenRow> rows = SampleRows.rows(21, layout, tokenizer, 3);
    write("rows.arrow", 500, layout, tokenizer, rows);

    int r = 0;
    try (RootAllocator allocator = new RootAllocator();
        InputStream in = Files.newInputStream(directory.resolve("rows.arrow"));
        ArrowStreamReader reader = new ArrowStreamReader(in, allocator)) {
      VectorSchemaRoot root = reader.getVectorSchemaRoot();
      assertThat(root.getSchema().getCustomMetadata())
          .containsEntry("ts.schema_version", "1")
          .containsEntry("ts.tokenizer_sha256", tokenizer.sha256())
          .containsEntry("ts.seq_len", Integer.toString(layout.sequenceLength()))
          .containsKey("huggingface");
      while (reader.loadNextBatch()) {
        for (int i = 0; i < root.getRowCount(); i++, r++) {
          TokenRow row = rows.get(r);
          assertThat(ints(root, "input_ids", i)).containsExactly(row.tokens());
          assertThat(ints(root, "doc_lens", i)).containsExactly(row.documentLengths());
          assertThat(ints(root, "prompt_lens", i)).containsExactly(row.promptLengths());
          assertThat(root.getVector("n_tokens").getObject(i)).isEqualTo(row.tokenCount());
          assertThat(root.getVector("source_id").getObject(i)).isEqualTo((short) row.sourceId());
          assertThat(root.getVector("row_id").getObject(i)).isEqualTo(500L + r);
          if (layout.promptMask()) {
            assertThat((List<?>) root.getVector("prompt_mask").getObject(i))
                .isEqualTo(boxed(row.prompt()));
          }
        }
      }
    }
    assertThat(r).isEqualTo(21);
  }

  @Test
  void entryDescribesTheFile() throws Exception {
    ShardLayout layout = new ShardLayout(16, TokenType.UINT16, false, 4);
    List<TokenRow> rows = SampleRows.rows(10, layout, BYTES, 5);

    ShardEntry entry = write("data-00000-of-00001.arrow", 30, layout, BYTES, rows);

    Path file = directory.resolve("data-00000-of-00001.arrow");
    assertThat(entry.path()).isEqualTo("data-00000-of-00001.arrow");
    assertThat(entry.bytes()).isEqualTo(Files.size(file));
    assertThat(entry.sha256()).isEqualTo(Storage.sha256Hex(Files.readAllBytes(file)));
    assertThat(entry.rows()).isEqualTo(10);
    assertThat(entry.firstRow()).isEqualTo(30);
    assertThat(entry.tokens()).isEqualTo(rows.stream().mapToLong(TokenRow::tokenCount).sum());
    assertThat(entry.maxTokenId())
        .isEqualTo(
            rows.stream().flatMapToInt(r -> java.util.Arrays.stream(r.tokens())).max().orElse(0));
    assertThat(entry.batches()).extracting(BatchEntry::rows).containsExactly(4, 4, 2);
  }

  @Test
  void equalRowsGiveEqualBytes() throws Exception {
    ShardLayout layout = new ShardLayout(16, TokenType.UINT16, true, 4);

    ShardEntry first = write("a.arrow", 0, layout, BYTES, SampleRows.rows(9, layout, BYTES, 1));
    ShardEntry again = write("b.arrow", 0, layout, BYTES, SampleRows.rows(9, layout, BYTES, 1));
    ShardEntry other = write("c.arrow", 0, layout, BYTES, SampleRows.rows(9, layout, BYTES, 2));

    assertThat(directory.resolve("a.arrow")).hasSameBinaryContentAs(directory.resolve("b.arrow"));
    assertThat(again.sha256()).isEqualTo(first.sha256()).isNotEqualTo(other.sha256());
  }

  // Other machines and later builds must write the same bytes: repeated tasks and re-runs rely on
  // it.
  @Test
  void bytesArePinned() throws Exception {
    ShardLayout layout = new ShardLayout(4, TokenType.UINT16, true, 2);
    TokenRow row =
        new TokenRow(
            new int[] {1, 2, 3, 257},
            new boolean[] {true, false, true, false},
            new int[] {2, 1},
            new int[] {1, 0},
            3,
            0);

    ShardEntry entry = write("pinned.arrow", 7, layout, BYTES, List.of(row, row, row));

    assertThat(entry.sha256())
        .isEqualTo("531f70fec8b87f98e0f64383d423377cf678792bb0f295956c851ceccc103056");
  }

  @Test
  void failedRowsLeaveNoFile() {
    ShardLayout layout = new ShardLayout(4, TokenType.UINT16, false, 2);
    TokenRow good = new TokenRow(new int[] {1, 2, 3, 4}, null, new int[] {4}, new int[] {0}, 4, 0);
    Iterator<TokenRow> rows = Stream.iterate(0, i -> i + 1).map(i -> fail(i, good)).iterator();

    assertThatThrownBy(
            () ->
                new ShardWriter(layout, BYTES)
                    .write(hadoop(directory.resolve("x.arrow")), 0, rows, CONF))
        .hasMessage("no row 5");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void rowsThatDoNotFitAreRefused() {
    ShardLayout layout = new ShardLayout(3, TokenType.UINT16, false, 2);

    assertThatThrownBy(() -> write(layout, new int[] {1, 259, 3}, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "Invalid row 0: token 259 at position 1 (must be in [0, 259) and not the mask)");
    assertThatThrownBy(() -> write(layout, new int[] {1, 258, 3}, 3))
        .hasMessageContaining("token 258 at position 1");
    assertThatThrownBy(() -> write(layout, new int[] {-1, 2, 3}, 3))
        .hasMessageContaining("token -1 at position 0");
    assertThatThrownBy(() -> write(layout, new int[] {1, 2, 3}, 2))
        .hasMessage("Invalid row 0: token 3 at position 2 (padding must be 257)");
    assertThatThrownBy(() -> write(layout, new int[] {1, 2}, 2))
        .hasMessage("Invalid row 0: 2 tokens (must be 3)");
    assertThatThrownBy(() -> write(new ShardLayout(3, TokenType.UINT16, true, 2), new int[3], 3))
        .hasMessage("Invalid row 0: a prompt mask is required by the layout");
    assertThatThrownBy(() -> new ShardWriter(layout, SampleRows.WIDE))
        .hasMessage("Invalid token type: uint16 (tokenizer 'wide' has 70000 ids)");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void sixteenBitsHoldAVocabularyOf65536() {
    assertThat(ShardLayout.of(8, 65_536, false).tokenType()).isEqualTo(TokenType.UINT16);
    assertThat(ShardLayout.of(8, 65_537, false).tokenType()).isEqualTo(TokenType.UINT32);
  }

  @Test
  void fileNamesSortInRowOrder() {
    assertThat(ShardWriter.fileName(0, 4)).isEqualTo("data-00000-of-00004.arrow");
    assertThatThrownBy(() -> ShardWriter.fileName(4, 4)).hasMessage("Invalid shard index: 4 of 4");
  }

  private void write(ShardLayout layout, int[] tokens, int used) throws Exception {
    write(
        "bad.arrow",
        0,
        layout,
        BYTES,
        List.of(new TokenRow(tokens, null, new int[] {used}, new int[] {0}, used, 0)));
  }

  private ShardEntry write(
      String name, long firstRow, ShardLayout layout, TokenizerSpec tokenizer, List<TokenRow> rows)
      throws Exception {
    return new ShardWriter(layout, tokenizer)
        .write(hadoop(directory.resolve(name)), firstRow, rows.iterator(), CONF);
  }

  private static TokenRow fail(int index, TokenRow row) {
    if (index == 5) {
      throw new IllegalStateException("no row 5");
    }
    return row;
  }

  private static int[] ints(VectorSchemaRoot root, String column, int row) {
    return ((List<?>) root.getVector(column).getObject(row))
        .stream()
            .mapToInt(value -> value instanceof Character c ? c : ((Number) value).intValue())
            .toArray();
  }

  private static List<Boolean> boxed(boolean[] values) {
    List<Boolean> boxed = new ArrayList<>();
    for (boolean value : values) {
      boxed.add(value);
    }
    return boxed;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
