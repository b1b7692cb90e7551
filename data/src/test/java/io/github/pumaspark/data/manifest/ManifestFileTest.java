package io.github.pumaspark.data.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.SampleRows;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.ShardWriter;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ManifestFileTest {
  private static final Configuration CONF = new Configuration();
  private static final TokenizerSpec SUDOKU = new SudokuTokenizer(4).spec();
  private static final ShardLayout LAYOUT = new ShardLayout(16, TokenType.UINT16, true, 4);

  @TempDir Path temporary;
  private Path directory;
  private Path file;

  @BeforeEach
  void name() {
    directory = temporary.resolve("data set");
    file = directory.resolve("manifest.json");
  }

  @Test
  void manifestComesBackAsItWas() throws Exception {
    Manifest manifest = SampleDataset.manifest(LAYOUT, SUDOKU, shards(9, 0, 3));

    ManifestFile.write(hadoop(), manifest, CONF);

    assertThat(ManifestFile.read(hadoop(), CONF)).isEqualTo(manifest);
    assertThat(ManifestFile.sha256(hadoop(), CONF))
        .isEqualTo(Storage.sha256Hex(Files.readAllBytes(file)));
    assertThat(manifest.rows()).isEqualTo(12);
    assertThat(manifest.tokens())
        .isEqualTo(manifest.shards().get(0).tokens() + manifest.shards().get(2).tokens());
  }

  @Test
  void equalDatasetsHaveEqualBytes() throws Exception {
    SampleDataset.write(hadoop(), CONF, LAYOUT, SUDOKU, 9, 3);
    byte[] first = Files.readAllBytes(file);

    SampleDataset.write(hadoop(), CONF, LAYOUT, SUDOKU, 9, 3);

    assertThat(file).hasBinaryContent(first);
  }

  @Test
  void fieldsHaveTheNamesOfTheFormat() throws Exception {
    SampleDataset.write(hadoop(), CONF, LAYOUT, SUDOKU, 5);

    JsonNode json = new ObjectMapper().readTree(file.toFile());

    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "schema_version",
            "name",
            "split",
            "code_version",
            "tokenizer",
            "layout",
            "plan_sha256",
            "inputs",
            "sources",
            "counts",
            "shards");
    assertThat(json.at("/layout").toString())
        .isEqualTo(
            "{\"seq_len\":16,\"dtype\":\"uint16\",\"prompt_mask\":true,\"rows_per_batch\":4,"
                + "\"packing\":\"sequential\",\"shuffle\":{\"kind\":\"global_keyed_sort\",\"seed\":7}}");
    assertThat(json.at("/counts").toString())
        .isEqualTo(
            "{\"docs_in\":27,\"docs_out\":20,\"dropped\":{\"validation\":5},\"quarantined\":{\"malformed\":2}}");
    assertThat(json.at("/inputs/0").toString())
        .isEqualTo("{\"path\":\"corpus/a.txt\",\"bytes\":1234,\"fingerprint\":\"feed\"}");
    assertThat(json.at("/shards/0").fieldNames())
        .toIterable()
        .containsExactly(
            "path", "bytes", "sha256", "rows", "tokens", "first_row", "max_token_id", "batches");
    assertThat(json.at("/shards/0/batches/1").fieldNames())
        .toIterable()
        .containsExactly("offset", "bytes", "rows", "crc32c");
    assertThat(Files.readAllLines(file)).filteredOn(line -> line.contains("crc32c")).hasSize(2);
  }

  @Test
  void sidecarsListTheShardsForHuggingFace() throws Exception {
    SampleDataset.write(hadoop(), CONF, LAYOUT, SUDOKU, 5, 5);

    JsonNode state = new ObjectMapper().readTree(directory.resolve("state.json").toFile());
    JsonNode info = new ObjectMapper().readTree(directory.resolve("dataset_info.json").toFile());

    assertThat(state.at("/_data_files").toString())
        .isEqualTo(
            "[{\"filename\":\"data-00000-of-00002.arrow\"},{\"filename\":\"data-00001-of-00002.arrow\"}]");
    assertThat(state.at("/_fingerprint").asText())
        .isEqualTo(ManifestFile.sha256(hadoop(), CONF).substring(0, 16));
    assertThat(state.at("/_split").asText()).isEqualTo("train");
    assertThat(info.at("/features/input_ids").toString())
        .isEqualTo(
            "{\"feature\":{\"dtype\":\"uint16\",\"_type\":\"Value\"},\"length\":16,\"_type\":\"Sequence\"}");
    assertThat(info.at("/features").fieldNames())
        .toIterable()
        .containsExactly(
            "input_ids",
            "prompt_mask",
            "doc_lens",
            "prompt_lens",
            "n_tokens",
            "source_id",
            "row_id");
  }

  @Test
  void nothingAppearsWhenAListedShardIsMissing() throws Exception {
    List<ShardEntry> shards = shards(4, 4);
    Files.delete(directory.resolve(shards.get(1).path()));

    assertThatThrownBy(
            () ->
                ManifestFile.write(hadoop(), SampleDataset.manifest(LAYOUT, SUDOKU, shards), CONF))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageContaining(
            "data-00001-of-00002.arrow': the file is missing, the manifest lists it with");
    assertThat(directory.resolve("state.json")).doesNotExist();
    assertThat(file).doesNotExist();
  }

  @Test
  void directoryWithoutManifestIsNotAFinishedDataset() throws Exception {
    Files.createDirectories(directory);

    assertThatThrownBy(() -> ManifestFile.read(hadoop(), CONF))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot open dataset '%s': it has no manifest.json, so it is not a finished dataset. Run shard again, or check the path."
                .formatted(hadoop()));
  }

  @Test
  void missingDirectoryIsNamed() {
    assertThatThrownBy(() -> ManifestFile.read(hadoop(), CONF))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot open dataset '%s': no such directory. Check the path.".formatted(hadoop()));
  }

  @Test
  void newerFormatAsksForANewerBuild() throws Exception {
    replace("\"schema_version\" : 1", "\"schema_version\" : 2, \"layout_v2\" : {}");

    assertThatThrownBy(() -> ManifestFile.read(hadoop(), CONF))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot open dataset '%s': format version 2, this build reads 1 to 1. Use a newer build."
                .formatted(hadoop()));
  }

  @Test
  void unknownFieldsAreForLaterVersions() throws Exception {
    replace("\"schema_version\" : 1", "\"schema_version\" : 1, \"remark\" : \"x\"");

    assertThat(ManifestFile.read(hadoop(), CONF).name()).isEqualTo("sample");
  }

  @Test
  void brokenJsonIsNamedWithItsPlace() throws Exception {
    replace("\"split\"", "split");

    assertThatThrownBy(() -> ManifestFile.read(hadoop(), CONF))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageStartingWith("Cannot read manifest '" + hadoop() + "/manifest.json': ")
        .hasMessageContaining("(line 4). Restore the file or shard the corpus again.")
        .message()
        .hasLineCount(1);
  }

  @Test
  void missingAndContradictingFieldsAreNamed() throws Exception {
    replace("\"schema_version\" : 1,", "");
    assertInvalid("schema_version is missing");

    replace("\"docs_in\" : 27", "\"docs_in\" : 28");
    assertInvalid("Invalid document counts: 28 in (must be 20 out + 5 dropped + 2 quarantined)");

    replace("\"tokenizer\"", "\"vocabulary\"");
    assertInvalid("tokenizer is missing");

    replace("\"max_token_id\"", "\"largest\"");
    assertInvalid("field 'shards.0.max_token_id' is missing or of the wrong type");

    replace("data-00000-of-00001.arrow\"", "../../etc/passwd\"");
    assertInvalid("Invalid shard path: '../../etc/passwd'");
  }

  @Test
  void gapsBetweenShardsAreRefused() throws Exception {
    List<ShardEntry> shards = new ArrayList<>(shards(4, 4));
    shards.remove(0);

    assertThatThrownBy(() -> SampleDataset.manifest(LAYOUT, SUDOKU, shards))
        .hasMessage(
            "Invalid first row of shard 'data-00001-of-00002.arrow': 4 (must be 0, after the shard before)");
  }

  @Test
  void everyDocumentIsAccountedFor() {
    assertThatThrownBy(() -> new DocumentCounts(10, 8, new TreeMap<>(), new TreeMap<>()))
        .hasMessage("Invalid document counts: 10 in (must be 8 out + 0 dropped + 0 quarantined)");
  }

  private void assertInvalid(String reason) {
    assertThatThrownBy(() -> ManifestFile.read(hadoop(), CONF))
        .isInstanceOf(CorruptShardException.class)
        .hasMessageStartingWith("Cannot read manifest '")
        .hasMessageContaining(reason)
        .message()
        .hasLineCount(1);
  }

  private void replace(String old, String text) throws Exception {
    SampleDataset.write(hadoop(), CONF, LAYOUT, SUDOKU, 5);
    String json = Files.readString(file);
    assertThat(json).contains(old);
    Files.writeString(file, json.replace(old, text));
  }

  private List<ShardEntry> shards(int... sizes) throws Exception {
    List<ShardEntry> shards = new ArrayList<>();
    long firstRow = 0;
    for (int s = 0; s < sizes.length; s++) {
      shards.add(
          new ShardWriter(LAYOUT, SUDOKU)
              .write(
                  new org.apache.hadoop.fs.Path(hadoop(), ShardWriter.fileName(s, sizes.length)),
                  firstRow,
                  SampleRows.rows(sizes[s], LAYOUT, SUDOKU, s).iterator(),
                  CONF));
      firstRow += sizes[s];
    }
    return shards;
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(directory.toString());
  }
}
