package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.DatasetVerifier;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.manifest.VerificationReport;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.jobs.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ShardJobInputTest extends ShardFixture {
  /** Unusable lines and why. */
  private static final Map<String, String> BAD =
      Map.of(
          "not a puzzle",
          "wrong-length",
          PUZZLES.get(0).solutionText() + "," + PUZZLES.get(0).solutionText(),
          "no-blank-cell",
          "x" + PUZZLES.get(0).toString().substring(1),
          "bad-character",
          "11" + "0".repeat(34) + "," + PUZZLES.get(0).solutionText(),
          "conflicting-clues",
          "0".repeat(36) + "," + PUZZLES.get(0).solutionText(),
          "several-solutions",
          PUZZLES.get(0).cluesText() + "," + PUZZLES.get(1).solutionText(),
          "wrong-solution");

  @Test
  void unusableLinesAreListedWithFileAndLineAndCounted() throws IOException {
    List<Object> lines = new ArrayList<>(PUZZLES);
    List<String> bad = List.copyOf(BAD.keySet());
    for (int i = 0; i < bad.size(); i++) {
      lines.add(20 * i + 3, bad.get(i));
    }
    Path corpus = file("puzzles.csv", lines);

    ShardJob.Result result =
        job(corpus, data(), "shard.max-quarantined-fraction=0.05").run(this::session);

    assertThat(result.quarantined()).isEqualTo(BAD.size());
    assertThat(result.trainRows() + result.validationRows()).isEqualTo(PUZZLES.size());
    List<JsonNode> listed = quarantined();
    assertThat(listed.stream().map(record -> record.path("line").asInt()))
        .containsExactly(4, 24, 44, 64, 84, 104);
    for (int i = 0; i < bad.size(); i++) {
      assertThat(listed.get(i).path("source").asText()).endsWith("/puzzles.csv");
      assertThat(listed.get(i).path("reason").asText()).isEqualTo(BAD.get(bad.get(i)));
      assertThat(listed.get(i).path("excerpt").asText()).isEqualTo(bad.get(i));
    }
    for (String split : List.of("train", "validation")) {
      Manifest manifest = ManifestFile.read(hadoop(data().resolve(split)), LOCAL);
      assertThat(manifest.counts().docsIn()).isEqualTo(PUZZLES.size() + BAD.size());
      assertThat(manifest.counts().quarantined())
          .hasSize(BAD.size())
          .containsOnlyKeys(BAD.values())
          .allSatisfy((reason, count) -> assertThat(count).isEqualTo(1));
    }
  }

  @Test
  void tooManyUnusableLinesAreAFailureWithoutADataset() throws IOException {
    List<Object> lines = new ArrayList<>(PUZZLES);
    lines.add(7, "not a puzzle");
    lines.add(100, "not a puzzle either");
    lines.add(200, "nor this");
    Path corpus = file("puzzles.csv", lines);

    assertThatThrownBy(() -> job(corpus, data()).run(this::session))
        .isInstanceOf(IOException.class)
        .message()
        .contains("3 of 243 documents are unusable (1.23 %)")
        .contains("shard.max-quarantined-fraction = 0.01")
        .contains("line 8 of ")
        .contains("puzzles.csv'")
        .contains("part-00000.jsonl")
        .doesNotContain("\n");
    assertThat(data().resolve("train")).doesNotExist();
    assertThat(data().resolve("validation")).doesNotExist();
    assertThat(quarantined()).hasSize(3);
  }

  @Test
  void anInputThatWasMendedLeavesNoQuarantineBehind() throws IOException {
    List<Object> lines = new ArrayList<>(PUZZLES);
    lines.addAll(List.of("bad", "bad", "bad"));
    Path corpus = file("puzzles.csv", lines);
    assertThatThrownBy(() -> job(corpus, data()).run(this::session))
        .isInstanceOf(IOException.class);
    file("puzzles.csv", PUZZLES);

    job(corpus, data()).run(this::session);

    assertThat(data().resolve("quarantine/part-00000.jsonl")).doesNotExist();
  }

  @Test
  void missingAndEmptyInputsAreAllNamedBeforeSparkStarts() throws IOException {
    Path empty = file("empty.csv", List.of());
    Path missing = temporary.resolve("nowhere.csv");
    Path folder = Files.createDirectory(temporary.resolve("folder"));

    assertThatThrownBy(
            () -> job(List.of(missing, empty, folder), data()).run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot read input '%s': no such file or directory\n".formatted(missing)
                + "Cannot read input '%s': the file is empty\n".formatted(empty)
                + "Cannot read input '%s': the directory has no files matching '**.csv', '**.csv.gz', '**.txt'"
                    .formatted(folder));
    assertThat(data()).doesNotExist();
  }

  @Test
  void anInputWithoutAnyPuzzleIsRefused() throws IOException {
    Path corpus = file("puzzles.csv", List.of("puzzle,solution", "nothing", "of use"));

    assertThatThrownBy(() -> job(corpus, data()).run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot shard: no valid puzzle in " + corpus);
  }

  @Test
  void aValidationSplitWithoutDocumentsIsRefused() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES.subList(0, 2));

    assertThatThrownBy(
            () -> job(corpus, data(), "shard.validation-fraction=0.001").run(this::session))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot shard: no document of 2 falls into the validation split with"
                + " shard.validation-fraction = 0.001. Raise it, or set it to 0.");
    assertThat(data().resolve("train")).doesNotExist();
  }

  @Test
  void anOutputUsedBySomethingElseIsLeftAlone() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    Files.createDirectories(data().resolve("validation"));
    Files.writeString(data().resolve("validation/photo.jpg"), "jpeg");

    assertThatThrownBy(() -> job(corpus, data()).run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot write dataset '%s/validation': it holds files that are no part of a dataset,"
                    .formatted(data())
                + " such as 'photo.jpg'. Choose another shard.output.");
    assertThat(FileTree.sha256s(data())).containsOnlyKeys("validation/photo.jpg");
  }

  @Test
  void aFileInPlaceOfTheDatasetIsRefused() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    file("data/train", List.of("text"));

    assertThatThrownBy(() -> job(corpus, data()).run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot write dataset '%s/train': it is a file".formatted(data()));
  }

  @Test
  void aDatasetOfOtherInputsOrSettingsIsNeverReplaced() throws IOException {
    Path corpus = file("puzzles.csv", PUZZLES);
    job(corpus, data()).run(this::session);
    var before = FileTree.sha256s(data());

    assertThatThrownBy(() -> job(corpus, data(), "shard.seed=2").run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it holds a dataset made from other inputs or settings");
    file("puzzles.csv", PUZZLES.subList(1, 240));
    assertThatThrownBy(() -> job(corpus, data()).run(ShardFixture::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it holds a dataset made from other inputs or settings");
    assertThat(FileTree.sha256s(data())).isEqualTo(before);
  }

  @Test
  void aTruncatedShardIsDetectedByTheVerifierAndByReaders() throws IOException {
    job(file("puzzles.csv", PUZZLES), data()).run(this::session);
    Path train = data().resolve("train");
    FileTree.truncate(train.resolve("data-00000-of-00001.arrow"), 0.7);

    VerificationReport report =
        DatasetVerifier.verify(hadoop(train), LOCAL, (shard, done, found) -> {});

    assertThat(report.isIntact()).isFalse();
    assertThat(report.mismatches())
        .allSatisfy(mismatch -> assertThat(mismatch.file()).isEqualTo("data-00000-of-00001.arrow"))
        .anySatisfy(mismatch -> assertThat(mismatch.what()).isEqualTo("bytes"));
    assertThatThrownBy(() -> TokenDataset.open(hadoop(train), LOCAL))
        .isInstanceOf(CorruptShardException.class)
        .message()
        .contains("train/data-00000-of-00001.arrow")
        .doesNotContain("\n");
  }

  @Test
  void anAlteredShardIsDetectedByTheVerifierAndByReaders() throws IOException {
    job(file("puzzles.csv", PUZZLES), data()).run(this::session);
    Path train = data().resolve("train");
    Path shard = train.resolve("data-00000-of-00001.arrow");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length / 2] ^= 1;
    Files.write(shard, bytes);

    assertThat(DatasetVerifier.verify(hadoop(train), LOCAL, (s, done, found) -> {}).mismatches())
        .anySatisfy(mismatch -> assertThat(mismatch.what()).isEqualTo("sha256"));
    try (TokenDataset dataset = TokenDataset.open(hadoop(train), LOCAL)) {
      assertThatThrownBy(() -> dataset.row(0))
          .isInstanceOf(CorruptShardException.class)
          .message()
          .contains("data-00000-of-00001.arrow")
          .doesNotContain("\n");
    }
  }

  private List<JsonNode> quarantined() throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(data().resolve("quarantine/part-00000.jsonl"))) {
      records.add(new ObjectMapper().readTree(line));
    }
    return records;
  }
}
