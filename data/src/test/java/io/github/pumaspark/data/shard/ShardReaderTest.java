package io.github.pumaspark.data.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShardReaderTest {
  private static final Configuration CONF = new Configuration();
  private static final TokenizerSpec BYTES = new ByteTokenizer().spec();
  private static final ShardLayout LAYOUT = new ShardLayout(16, TokenType.UINT16, true, 4);

  // Odd, so that all eight bits of a byte take turns.
  private static final int FLIP_STRIDE = 5;

  @TempDir Path directory;
  private Path file;
  private List<TokenRow> rows;
  private ShardEntry entry;

  @BeforeEach
  void write() throws Exception {
    file = directory.resolve("data-00000-of-00001.arrow");
    rows = SampleRows.rows(12, LAYOUT, BYTES, 1);
    entry = new ShardWriter(LAYOUT, BYTES).write(hadoop(), 0, rows.iterator(), CONF);
  }

  @Test
  void changedBatchIsNamedAndTheOthersStayReadable() throws Exception {
    BatchEntry second = entry.batches().get(1);
    flip((int) second.offset() + second.bytes() - 20);

    ShardReader reader = open();

    assertThat(reader.row(3)).usingRecursiveComparison().isEqualTo(rows.get(3));
    assertThat(reader.row(8)).usingRecursiveComparison().isEqualTo(rows.get(8));
    assertThatThrownBy(() -> reader.row(4))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageMatching(
            "Cannot read shard 'data': record batch 1 at byte %d has checksum [0-9a-f]{8}, the manifest says %s; it was changed after sharding. Restore the file or shard the corpus again."
                .formatted(second.offset(), second.crc32c()));
  }

  @Test
  void truncatedFileIsRefusedOnOpening() throws Exception {
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 700));

    assertThatThrownBy(this::open)
        .isInstanceOf(CorruptShardException.class)
        .hasMessage(
            "Cannot read shard 'data': it has 700 bytes, the manifest says %d; it was truncated or replaced after sharding. Restore the file or shard the corpus again."
                .formatted(entry.bytes()));
  }

  @Test
  void missingFileIsRefusedOnOpening() throws Exception {
    Files.delete(file);

    assertThatThrownBy(this::open)
        .isInstanceOf(CorruptShardException.class)
        .hasMessage(
            "Cannot read shard 'data': the file is missing, the manifest lists it with %d bytes. Restore the file or shard the corpus again."
                .formatted(entry.bytes()));
  }

  @Test
  void newerFormatAsksForANewerBuild() throws Exception {
    ShardEntry newer = replaceSchema(Map.of("ts.schema_version", "2"), List.of());

    assertThatThrownBy(() -> ShardReader.open(file, "data", newer, LAYOUT, BYTES.sha256()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot read shard 'data': format version 2, this build reads 1 to 1. Use a newer build.");
  }

  @Test
  void otherProgramsFilesAreRefused() throws Exception {
    ShardEntry foreign = replaceSchema(Map.of("ts.schema_version", ""), List.of());

    assertThatThrownBy(() -> ShardReader.open(file, "data", foreign, LAYOUT, BYTES.sha256()))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining("it has no ts.schema_version");
  }

  @Test
  void anotherTokenizerIsRefused() {
    assertThatThrownBy(
            () ->
                ShardReader.open(
                    file, "data", entry, LAYOUT, new SudokuTokenizer(4).spec().sha256()))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining("its tokenizer has sha256 '" + BYTES.sha256() + "'");
  }

  @Test
  void anotherLayoutIsRefused() {
    ShardLayout wider = new ShardLayout(16, TokenType.UINT32, true, 4);

    assertThatThrownBy(() -> ShardReader.open(file, "data", entry, wider, BYTES.sha256()))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining("its column 'input_ids' is 'input_ids: FixedSizeList(16)");
  }

  // Single flips anywhere: a row comes back right or not at all, and the audit finds every one.
  @Test
  void noFlippedByteGoesUnnoticed() throws Exception {
    byte[] intact = Files.readAllBytes(file);
    for (int i = 0; i < intact.length; i += FLIP_STRIDE) {
      byte[] damaged = intact.clone();
      damaged[i] ^= (byte) (1 << (i % 8));
      Files.write(file, damaged);

      try {
        ShardReader reader = open();
        for (int r = 0; r < rows.size(); r++) {
          assertThat(describe(reader.row(r))).isEqualTo(describe(rows.get(r)));
        }
      } catch (CorruptShardException | ConfigException e) {
        assertThat(e).hasMessageStartingWith("Cannot read shard 'data': ");
      }
      assertThat(ShardAudit.audit(hadoop(), CONF, entry, LAYOUT, BYTES))
          .as("byte %s", i)
          .isNotEmpty();
    }
    Files.write(file, intact);
    assertThat(ShardAudit.audit(hadoop(), CONF, entry, LAYOUT, BYTES)).isEmpty();
  }

  @Test
  void rowsOutsideAreRefused() throws Exception {
    ShardReader reader = open();

    assertThatThrownBy(() -> reader.row(12))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("Invalid row: 12 (shard 'data' has 12 rows)");
    assertThatThrownBy(() -> reader.row(-1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  private ShardReader open() throws Exception {
    return ShardReader.open(file, "data", entry, LAYOUT, BYTES.sha256());
  }

  private static String describe(TokenRow row) {
    return Arrays.toString(row.tokens())
        + Arrays.toString(row.prompt())
        + Arrays.toString(row.documentLengths())
        + Arrays.toString(row.promptLengths())
        + row.tokenCount()
        + row.sourceId();
  }

  private void flip(int position) throws Exception {
    byte[] bytes = Files.readAllBytes(file);
    bytes[position] ^= 1;
    Files.write(file, bytes);
  }

  private ShardEntry replaceSchema(Map<String, String> changes, List<Field> added)
      throws Exception {
    Schema schema = ShardSchema.of(LAYOUT, BYTES.sha256());
    Map<String, String> metadata = new HashMap<>(schema.getCustomMetadata());
    metadata.putAll(changes);
    List<Field> fields = new ArrayList<>(schema.getFields());
    fields.addAll(added);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ShardOutput out = new ShardOutput(bytes);
    out.writeHead(
        MessageSerializer.serializeMetadata(new Schema(fields, metadata), IpcOption.DEFAULT));
    out.writeEnd();
    Files.write(file, bytes.toByteArray());
    return new ShardEntry(
        "data", bytes.size(), Storage.sha256Hex(bytes.toByteArray()), 0, 0, 0, -1, List.of());
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(file.toUri());
  }
}
