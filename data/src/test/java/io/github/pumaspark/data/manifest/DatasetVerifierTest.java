package io.github.pumaspark.data.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.github.pumaspark.data.shard.BatchEntry;
import io.github.pumaspark.data.shard.Mismatch;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatasetVerifierTest {
  private static final Configuration CONF = new Configuration();
  private static final TokenizerSpec BYTES = new ByteTokenizer().spec();
  private static final ShardLayout LAYOUT = new ShardLayout(16, TokenType.UINT16, false, 4);

  @TempDir Path directory;

  @BeforeEach
  void write() throws Exception {
    SampleDataset.write(hadoop(), CONF, LAYOUT, BYTES, 9, 0, 3);
  }

  @Test
  void intactDatasetHasNoMismatch() throws Exception {
    List<String> heard = new ArrayList<>();

    VerificationReport report =
        DatasetVerifier.verify(
            hadoop(),
            CONF,
            (shard, done, found) -> heard.add(shard.path() + " " + done + " " + found));

    Manifest manifest = ManifestFile.read(hadoop(), CONF);
    long bytes = manifest.shards().stream().mapToLong(ShardEntry::bytes).sum();
    assertThat(report)
        .isEqualTo(new VerificationReport(3, 12, manifest.tokens(), bytes, List.of(), List.of()));
    assertThat(report.isIntact()).isTrue();
    assertThat(heard)
        .containsExactly(
            "data-00000-of-00003.arrow 1 0",
            "data-00001-of-00003.arrow 2 0",
            "data-00002-of-00003.arrow 3 0");
  }

  @Test
  void everyMismatchIsListedWithWhatWasExpected() throws Exception {
    Manifest manifest = ManifestFile.read(hadoop(), CONF);
    BatchEntry batch = manifest.shards().get(0).batches().get(1);
    Path first = directory.resolve("data-00000-of-00003.arrow");
    byte[] bytes = Files.readAllBytes(first);
    bytes[(int) batch.offset() + batch.bytes() / 2] ^= 0x10;
    Files.write(first, bytes);
    Files.delete(directory.resolve("data-00001-of-00003.arrow"));
    Path third = directory.resolve("data-00002-of-00003.arrow");
    byte[] whole = Files.readAllBytes(third);
    Files.write(third, Arrays.copyOf(whole, whole.length - 1));
    Files.delete(directory.resolve("state.json"));

    VerificationReport report = verify();

    assertThat(report.isIntact()).isFalse();
    assertThat(report.mismatches())
        .extracting(Mismatch::file, Mismatch::what)
        .containsExactly(
            tuple("data-00000-of-00003.arrow", "batch 1 at byte " + batch.offset()),
            tuple("data-00000-of-00003.arrow", "sha256"),
            tuple("data-00001-of-00003.arrow", "file"),
            tuple("data-00002-of-00003.arrow", "bytes"),
            tuple("state.json", "file"));
    assertThat(report.mismatches().get(0).toString()).contains(batch.crc32c());
    assertThat(report.mismatches().get(1))
        .isEqualTo(
            new Mismatch(
                "data-00000-of-00003.arrow",
                "sha256",
                manifest.shards().get(0).sha256(),
                Storage.sha256Hex(bytes)));
    assertThat(report.mismatches().get(3).toString())
        .isEqualTo(
            "'data-00002-of-00003.arrow': bytes is %d, expected %d"
                .formatted(whole.length - 1, whole.length));
  }

  // Checksums alone would not find a manifest that counts wrongly.
  @Test
  void countsAreRecountedFromTheRows() throws Exception {
    Path file = directory.resolve("manifest.json");
    ShardEntry shard = ManifestFile.read(hadoop(), CONF).shards().get(0);
    Files.writeString(
        file,
        Files.readString(file)
            .replaceFirst("\"max_token_id\" : " + shard.maxTokenId(), "\"max_token_id\" : 7"));

    assertThat(verify().mismatches())
        .containsExactly(
            new Mismatch(shard.path(), "max_token_id", "7", Integer.toString(shard.maxTokenId())));
  }

  @Test
  void shardsOfOtherDatasetsAreOnlyMentioned() throws Exception {
    Files.write(directory.resolve("data-00000-of-00009.arrow"), new byte[10]);

    VerificationReport report = verify();

    assertThat(report.isIntact()).isTrue();
    assertThat(report.unlisted()).containsExactly("data-00000-of-00009.arrow");
  }

  @Test
  void listOfShardsForHuggingFaceIsCompared() throws Exception {
    Path state = directory.resolve("state.json");
    Files.writeString(state, Files.readString(state).replace("data-00002", "data-00001"));

    assertThat(verify().mismatches())
        .extracting(Mismatch::file, Mismatch::what)
        .containsExactly(tuple("state.json", "_data_files"));
  }

  @Test
  void brokenListForHuggingFaceIsAMismatchToo() throws Exception {
    Files.writeString(directory.resolve("state.json"), "{");

    assertThat(verify().mismatches())
        .containsExactly(new Mismatch("state.json", "content", "JSON", "not JSON"));
  }

  private VerificationReport verify() throws Exception {
    return DatasetVerifier.verify(hadoop(), CONF, (shard, done, found) -> {});
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(directory.toString());
  }
}
