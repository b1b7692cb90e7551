package io.github.pumaspark.jobs.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.jobs.FileTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;

final class ShardJobTextTest extends ShardFixture {
  private static final int END = 256;
  private static final int PAD = 257;
  private static final int LENGTH = 32;
  private static final String[] SETTINGS = {
    "shard.format=text", "shard.sequence-length=" + LENGTH, "shard.validation-fraction=0"
  };

  /** From one byte to many rows, some ending exactly at a row's end, some with long characters. */
  private static final List<String> DOCUMENTS = documents();

  @Test
  void theRowsInPackingOrderAreTheDocumentsOneAfterTheOther() throws IOException {
    Path corpus = corpus();

    job(corpus, data(), SETTINGS).run(this::session);

    // One shard, so one packing partition: its row i was sent to the place of its key.
    List<Sequence> stored = rows(data().resolve("train"));
    List<Integer> places =
        IntStream.range(0, stored.size())
            .boxed()
            .sorted(Comparator.comparing(row -> RowKey.ofPacked(1, 0, row)))
            .toList();
    List<Integer> tokens = new ArrayList<>();
    for (int row = 0; row < stored.size(); row++) {
      Sequence packed = stored.get(places.indexOf(row));
      assertThat(packed.tokenCount() == LENGTH || row == stored.size() - 1).isTrue();
      for (int i = 0; i < packed.tokenCount(); i++) {
        tokens.add(packed.tokens()[i]);
      }
    }
    assertThat(texts(tokens)).containsExactlyInAnyOrderElementsOf(DOCUMENTS);
  }

  @Test
  void everyTokenOfManyShardsIsInExactlyOneRow() throws IOException {
    Path corpus = corpus();

    job(corpus, data(), with("shard.rows-per-shard=10")).run(this::session);

    Manifest manifest = ManifestFile.read(hadoop(data().resolve("train")), LOCAL);
    assertThat(manifest.shards().size()).isGreaterThan(5);
    long[] expected = new long[END + 1];
    for (String document : DOCUMENTS) {
      for (byte b : utf8(document)) {
        expected[Byte.toUnsignedInt(b)]++;
      }
      expected[END]++;
    }
    long[] found = new long[END + 1];
    List<Sequence> stored = rows(data().resolve("train"));
    for (Sequence row : stored) {
      for (int i = 0; i < LENGTH; i++) {
        if (i < row.tokenCount()) {
          found[row.tokens()[i]]++;
        } else {
          assertThat(row.tokens()[i]).isEqualTo(PAD);
        }
      }
    }
    assertThat(found).isEqualTo(expected);
    assertThat(manifest.rows()).isEqualTo(stored.size());
    assertThat(manifest.tokens()).isEqualTo(java.util.Arrays.stream(expected).sum());
    assertThat(manifest.counts().docsIn()).isEqualTo(DOCUMENTS.size());
    assertThat(manifest.counts().docsOut()).isEqualTo(DOCUMENTS.size());
  }

  @Test
  void segmentsBeginWhereADocumentDoes() throws IOException {
    Path corpus = corpus();

    job(corpus, data(), SETTINGS).run(this::session);

    for (Sequence row : rows(data().resolve("train"))) {
      assertThat(row.segments()[0]).isZero();
      assertThat(row.prompt()).doesNotContain(true);
      for (int i = 1; i < LENGTH; i++) {
        boolean isAfterEnd = row.tokens()[i - 1] == END || i == row.tokenCount();
        int step = row.segments()[i] - row.segments()[i - 1];
        if (i <= row.tokenCount()) {
          assertThat(step).isEqualTo(isAfterEnd ? 1 : 0);
        } else {
          assertThat(step).isZero();
        }
      }
    }
  }

  @Test
  void documentsAreSplitByContentWhereverTheyLie() throws IOException {
    Path corpus = corpus();
    Path copies = temporary.resolve("copies");
    FileTree.copy(corpus, copies.resolve("one"));
    FileTree.copy(corpus, copies.resolve("two"));

    job(copies, data(), with("shard.validation-fraction=0.3")).run(this::session);

    Manifest train = ManifestFile.read(hadoop(data().resolve("train")), LOCAL);
    Manifest validation = ManifestFile.read(hadoop(data().resolve("validation")), LOCAL);
    assertThat(train.counts().docsOut() % 2).isZero();
    assertThat(validation.counts().docsOut() % 2).isZero();
    assertThat(train.counts().docsOut() + validation.counts().docsOut())
        .isEqualTo(2L * DOCUMENTS.size());
    assertThat(train.counts().dropped()).containsEntry("validation", validation.counts().docsOut());
  }

  @Test
  void theBytesDoNotDependOnThePartitionsOfTheInput() throws IOException {
    Path corpus = corpus();
    job(corpus, temporary.resolve("a/data"), with("shard.rows-per-shard=10")).run(this::session);

    jsc().sc().conf().set("spark.default.parallelism", "1");
    job(corpus, temporary.resolve("b/data"), with("shard.rows-per-shard=10")).run(this::session);
    jsc().sc().conf().remove("spark.default.parallelism");

    assertThat(FileTree.sha256s(temporary.resolve("b/data")))
        .isEqualTo(FileTree.sha256s(temporary.resolve("a/data")));
  }

  @Test
  void anArchiveGivesTheDocumentsOfItsMatchingEntries() throws IOException {
    Path jar = temporary.resolve("library-sources.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      for (int i = 0; i < DOCUMENTS.size(); i++) {
        zip.putNextEntry(new ZipEntry("src/deep/" + i + (i % 2 == 0 ? ".java" : ".md")));
        zip.write(utf8(DOCUMENTS.get(i)));
      }
    }

    job(jar, data(), with("shard.patterns=**.java")).run(this::session);

    Manifest manifest = ManifestFile.read(hadoop(data().resolve("train")), LOCAL);
    long tokens = 0;
    for (int i = 0; i < DOCUMENTS.size(); i += 2) {
      tokens += utf8(DOCUMENTS.get(i)).length + 1;
    }
    assertThat(manifest.counts().docsOut()).isEqualTo((DOCUMENTS.size() + 1) / 2);
    assertThat(manifest.tokens()).isEqualTo(tokens);
  }

  @Test
  void binaryFilesAreQuarantinedByName() throws IOException {
    Path corpus = corpus();
    Files.write(corpus.resolve("image.txt"), new byte[] {'P', 'N', 'G', 0, 1, 2});

    ShardJob.Result result =
        job(corpus, data(), with("shard.max-quarantined-fraction=0.1")).run(this::session);

    assertThat(result.quarantined()).isEqualTo(1);
    assertThat(Files.readString(data().resolve("quarantine/part-00000.jsonl")))
        .contains("image.txt")
        .contains("\"binary\"");
  }

  private Path corpus() throws IOException {
    Path directory = temporary.resolve("corpus");
    Files.createDirectories(directory.resolve("deep"));
    for (int i = 0; i < DOCUMENTS.size(); i++) {
      String name = i % 3 == 0 ? "deep/" + i + ".txt" : i + ".txt";
      Files.writeString(directory.resolve(name), DOCUMENTS.get(i));
    }
    return directory;
  }

  private static String[] with(String setting) {
    return new String[] {SETTINGS[0], SETTINGS[1], SETTINGS[2], setting};
  }

  private static List<String> documents() {
    Random random = new Random(17);
    List<String> documents = new ArrayList<>();
    documents.add("a");
    documents.add("b".repeat(LENGTH - 1));
    documents.add("c".repeat(LENGTH));
    documents.add("\u00e4\u6f22\ud83d\ude00".repeat(20));
    for (int i = 0; i < 40; i++) {
      StringBuilder text = new StringBuilder("document " + i + '\n');
      for (int line = random.nextInt(20); line > 0; line--) {
        text.append("line ").append(random.nextInt(1_000_000)).append('\n');
      }
      documents.add(text.toString());
    }
    return List.copyOf(documents);
  }

  /** What stands between end tokens. */
  private static List<String> texts(List<Integer> tokens) {
    List<String> texts = new ArrayList<>();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int token : tokens) {
      if (token == END) {
        texts.add(text.toString(StandardCharsets.UTF_8));
        text.reset();
      } else {
        text.write(token);
      }
    }
    assertThat(text.size()).as("bytes after the last end token").isZero();
    return texts;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
