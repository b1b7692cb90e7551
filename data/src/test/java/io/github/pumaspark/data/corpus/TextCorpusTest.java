package io.github.pumaspark.data.corpus;

import static io.github.pumaspark.data.corpus.CorpusFolder.CONFIGURATION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TextCorpusTest {
  @TempDir private Path root;
  private CorpusFolder folder;

  @BeforeEach
  void setUp() {
    folder = new CorpusFolder(root);
  }

  @Test
  void aFileIsOneDocumentByteForByte() throws Exception {
    String text = "\ufeffr\u00e9sum\u00e9 \ud83d\ude00\r\n\tlast line";

    assertThat(read(folder.file("a.txt", text), 1000)).containsExactly("a.txt:0=" + text);
    assertThat(read(folder.file("a.txt.gz", CorpusFolder.gzip(text)), 1000))
        .containsExactly("a.txt.gz:0=" + text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.zip", "a.jar", "A.ZIP"})
  void archivesGiveTheEntriesThatMatch(String name) throws Exception {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n");
    entries.put("x/", "");
    entries.put("x/A.java", "class A {}");
    entries.put("x/Empty.java", "");
    entries.put("x/A.class", "\u00ca\u00fe\u00ba\u00be\u0000");
    entries.put("B.java", "class B {}");
    Path file = folder.file(name, CorpusFolder.zip(entries));

    assertThat(
            CorpusFolder.describe(
                CorpusFolder.all(
                    TextCorpus.of(List.of("**.java"))
                        .read(CorpusFolder.corpusFile(file), CONFIGURATION))))
        .containsExactly(name + "!x/A.java:0=class A {}", name + "!B.java:0=class B {}");
    assertThat(read(file, 1000))
        .contains(name + "!META-INF/MANIFEST.MF:0=Manifest-Version: 1.0\n")
        .contains(name + "!x/A.class:0!binary")
        .hasSize(4);
  }

  @Test
  void binaryAndUndecodableFilesAreQuarantined() throws Exception {
    assertThat(read(folder.file("nul", "text\0text"), 1000)).containsExactly("nul:0!binary");
    assertThat(read(folder.file("latin1", new byte[] {'c', (byte) 0xe9, 't'}), 1000))
        .containsExactly("latin1:0!not-utf8");
    assertThat(read(folder.file("cut", new byte[] {'c', (byte) 0xc3}), 1000))
        .containsExactly("cut:0!not-utf8");
    assertThat(
            CorpusFolder.all(
                TextCorpus.of(List.of())
                    .read(
                        CorpusFolder.corpusFile(
                            folder.file("long", "x\0\u00e9\n" + "y".repeat(500))),
                        CONFIGURATION)))
        .singleElement()
        .isInstanceOfSatisfying(
            QuarantinedRecord.class,
            record -> assertThat(record.excerpt()).isEqualTo("x????" + "y".repeat(115)));
  }

  @Test
  void aLongFileIsCutAtLineEnds() throws Exception {
    Path file = folder.file("log", "one\ntwo\nthree\nfour\nfive");

    assertThat(read(file, 8))
        .containsExactly("log:1=one\ntwo\n", "log:3=three\n", "log:4=four\n", "log:5=five");
    assertThat(read(file, 23)).containsExactly("log:0=one\ntwo\nthree\nfour\nfive");
    assertThat(read(file, 22)).containsExactly("log:1=one\ntwo\nthree\nfour\n", "log:5=five");
  }

  @Test
  void partsJoinToTheFileForEveryLimit() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < 60; line++) {
      text.append("\u00e9x".repeat(random.nextInt(6))).append('\n');
    }
    Path file = folder.file("random", text.toString());

    for (int limit = 16; limit < 400; limit += 7) {
      ByteArrayOutputStream joined = new ByteArrayOutputStream();
      for (CorpusRecord record :
          CorpusFolder.all(
              new TextCorpus(List.of(), limit)
                  .read(CorpusFolder.corpusFile(file), CONFIGURATION))) {
        byte[] content = ((Document) record).content();
        assertThat(content.length).isBetween(1, limit);
        joined.writeBytes(content);
      }
      assertThat(joined.toString(StandardCharsets.UTF_8))
          .as("seed %d limit %d", seed, limit)
          .isEqualTo(text.toString());
    }
  }

  @Test
  void aLineOverTheLimitSendsTheRestOfItsFileToQuarantine() throws Exception {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("a", "short\n" + "x".repeat(50) + "\nshort\n");
    entries.put("b", "next");

    assertThat(read(folder.file("a.zip", CorpusFolder.zip(entries)), 20))
        .containsExactly("a.zip!a:1=short\n", "a.zip!a:2!too-long", "a.zip!b:0=next");
  }

  @Test
  void aCutGzipFileIsQuarantined() throws Exception {
    byte[] whole = CorpusFolder.gzip(noise(20_000));

    for (int length : new int[] {1, 9, 10, 100, whole.length / 2, whole.length - 1}) {
      assertThat(read(folder.file("cut.gz", Arrays.copyOf(whole, length)), 100_000))
          .as("cut to %d of %d bytes", length, whole.length)
          .containsExactly("cut.gz:0!unreadable");
    }
    assertThat(read(folder.file("text.gz", "no gzip at all"), 1000))
        .containsExactly("text.gz:0!unreadable");
  }

  @Test
  void allMembersOfAGzipFileAreRead() throws Exception {
    ByteArrayOutputStream two = new ByteArrayOutputStream();
    two.writeBytes(CorpusFolder.gzip("one "));
    two.writeBytes(CorpusFolder.gzip("two"));

    assertThat(read(folder.file("two.gz", two.toByteArray()), 1000))
        .containsExactly("two.gz:0=one two");
  }

  @Test
  void aCutArchiveKeepsItsWholeEntriesAndIsReportedWhereverItIsCut() throws Exception {
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("a", noise(300));
    entries.put("b", noise(300));
    byte[] whole = CorpusFolder.zip(entries);

    int mostDocuments = 0;
    for (int length = 1; length < whole.length; length++) {
      List<CorpusRecord> records =
          CorpusFolder.all(
              TextCorpus.of(List.of())
                  .read(
                      CorpusFolder.corpusFile(folder.file("cut.zip", Arrays.copyOf(whole, length))),
                      CONFIGURATION));

      assertThat(records)
          .as("cut to %d of %d bytes", length, whole.length)
          .last()
          .isInstanceOfSatisfying(
              QuarantinedRecord.class,
              record -> assertThat(record.reason()).isEqualTo("unreadable"));
      assertThat(records.subList(0, records.size() - 1)).allMatch(Document.class::isInstance);
      mostDocuments = Math.max(mostDocuments, records.size() - 1);
    }
    assertThat(mostDocuments).isEqualTo(2);
    assertThat(read(folder.file("text.zip", "no archive"), 1000))
        .containsExactly("text.zip:0!unreadable");
    assertThat(read(folder.file("empty.zip", CorpusFolder.zip(Map.of())), 1000)).isEmpty();
  }

  @Test
  void damagedBytesNeverThrow() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] zip = CorpusFolder.zip(Map.of("a", noise(500), "b\u00e9", noise(500), "c", "text"));
    byte[] gzip = CorpusFolder.gzip(noise(500));

    for (int trial = 0; trial < 400; trial++) {
      byte[] bytes = (trial % 2 == 0 ? zip : gzip).clone();
      for (int flips = 1 + random.nextInt(8); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Path file = folder.file(trial % 2 == 0 ? "bad.zip" : "bad.gz", bytes);

      assertThat(read(file, 10_000)).as("seed %d trial %d", seed, trial).isNotNull();
    }
  }

  @Test
  void aFailingFileSystemThrowsInsteadOfQuarantining() throws Exception {
    CorpusFile gone = CorpusFile.of(root.resolve("gone.txt").toUri().toString(), 10);
    CorpusRecords records = TextCorpus.of(List.of()).read(gone, CONFIGURATION);

    assertThatThrownBy(records::hasNext)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("gone.txt");
  }

  @Test
  void aClosedReaderIsAtItsEnd() throws Exception {
    CorpusRecords records =
        new TextCorpus(List.of(), 4)
            .read(CorpusFolder.corpusFile(folder.file("a", "one\ntwo\n")), CONFIGURATION);
    assertThat(records.hasNext()).isTrue();

    records.close();

    assertThat(records.hasNext()).isFalse();
  }

  @Test
  void whatTasksNeedIsSerializable() throws Exception {
    TextCorpus corpus = TextCorpus.of(List.of("**.java"));
    CorpusFile file = CorpusFolder.corpusFile(folder.file("a", "text"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(List.of(corpus, file));
      out.writeObject(CorpusFolder.all(corpus.read(file, CONFIGURATION)).toArray());
    }

    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(List.of(corpus, file));
    }
  }

  private List<String> read(Path file, int maxBytes) throws Exception {
    return CorpusFolder.describe(
        CorpusFolder.all(
            new TextCorpus(List.of(), maxBytes)
                .read(CorpusFolder.corpusFile(file), CONFIGURATION)));
  }

  /** Text that does not compress well, so that cuts fall into data. */
  private static String noise(int length) {
    Random random = new Random(length);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('!' + random.nextInt(90)));
    }
    return text.toString();
  }
}
