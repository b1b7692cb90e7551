package io.github.pumaspark.data.corpus;

import static io.github.pumaspark.data.corpus.CorpusFolder.CONFIGURATION;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.sudoku.Puzzle;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SudokuCorpusTest {
  private static final String SOLUTION = "1234341221434321";
  private static final String PUZZLE = "1034341221434320";
  private static final String GOOD = PUZZLE + "," + SOLUTION;
  private static final String NINE =
      "530070000600195000098000060800060003400803001700020006060000280000419005000080079";

  @TempDir private Path root;
  private CorpusFolder folder;

  @BeforeEach
  void setUp() {
    folder = new CorpusFolder(root);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        GOOD,
        "puzzle,solution\n" + GOOD,
        "quizzes,solutions\r\n" + GOOD + "\r\n",
        "\"Puzzle\",\"Solution\"\n\"" + PUZZLE + "\",\"" + SOLUTION + "\"\n",
        "\ufeffpuzzle,solution\n" + GOOD,
        "id,solution,rating,puzzle\n7," + SOLUTION + ",1.5," + PUZZLE,
        "puzzle,solution,rating\n" + PUZZLE,
        "puzzle\n" + PUZZLE,
        PUZZLE,
        PUZZLE + ",",
        "1.3434122143432. , " + SOLUTION,
        "\n\n" + GOOD + "\n\n",
      })
  void theFormsOfAFileGiveTheSamePuzzle(String text) throws Exception {
    List<CorpusRecord> records = read(folder.file("a.csv", text));

    assertThat(records)
        .singleElement()
        .isInstanceOfSatisfying(
            PuzzleRecord.class, record -> assertThat(record.puzzle()).hasToString(GOOD));
  }

  @Test
  void everyBadLineHasItsReasonAndTheGoodOnesRemain() throws Exception {
    Path file =
        folder.file(
            "a.csv",
            String.join(
                "\n",
                "puzzle,solution",
                GOOD,
                "103434122143432,",
                "hello world",
                "",
                NINE,
                "x034341221434320,",
                "5034341221434320,",
                SOLUTION + "," + SOLUTION,
                "1100000000000000,",
                "1230000400000000,",
                "1230000000000000,",
                PUZZLE + ",12",
                PUZZLE + "," + PUZZLE,
                PUZZLE + ",2143341212344321",
                "y".repeat(5000),
                GOOD));

    assertThat(CorpusFolder.describe(read(file)))
        .containsExactly(
            "a.csv:2=" + GOOD,
            "a.csv:3!wrong-length",
            "a.csv:4!wrong-length",
            "a.csv:6!wrong-size",
            "a.csv:7!bad-character",
            "a.csv:8!bad-character",
            "a.csv:9!no-blank-cell",
            "a.csv:10!conflicting-clues",
            "a.csv:11!no-solution",
            "a.csv:12!several-solutions",
            "a.csv:13!malformed-solution",
            "a.csv:14!malformed-solution",
            "a.csv:15!wrong-solution",
            "a.csv:16!too-long",
            "a.csv:17=" + GOOD);
  }

  @Test
  void columnsThatDoNotFitAreNamed() throws Exception {
    assertThat(CorpusFolder.describe(read(folder.file("a.csv", GOOD + ",7\n"))))
        .containsExactly("a.csv:1!wrong-columns");
    assertThat(
            CorpusFolder.describe(read(folder.file("a.csv", "id,puzzle\n7\n7," + PUZZLE + "\n"))))
        .containsExactly("a.csv:2!wrong-columns", "a.csv:3=" + GOOD);
    assertThat(CorpusFolder.describe(read(folder.file("a.csv", "id,name\n7,x\n"))))
        .containsExactly("a.csv:1!wrong-length", "a.csv:2!wrong-length");
  }

  @Test
  void aQuarantinedLineIsKeptByItsBeginning() throws Exception {
    assertThat(read(folder.file("a.csv", "caf\u00e9,\tx\n")))
        .containsExactly(
            new QuarantinedRecord(
                root.resolve("a.csv").toUri().toString(), 1, "wrong-length", "caf??,?x"));
  }

  @Test
  void memoryDoesNotGrowWithALine() throws Exception {
    BoundedLines lines = new BoundedLines(new RepeatedByte('7', 1L << 30), 4096);

    assertThat(lines.next()).isTrue();
    assertThat(lines.isTooLong()).isTrue();
    assertThat(lines.bytes()).hasSize(4096);
    assertThat(lines.next()).isFalse();
  }

  @Test
  void gzipAndArchivesAreUnpacked() throws Exception {
    Path gzip = folder.file("a.csv.gz", CorpusFolder.gzip("puzzle,solution\n" + GOOD));
    Path zip =
        folder.file(
            "a.zip", CorpusFolder.zip(Map.of("x/b.csv", GOOD + "\nbad", "README.md", "no CSV")));

    assertThat(CorpusFolder.describe(read(gzip))).containsExactly("a.csv.gz:2=" + GOOD);
    assertThat(CorpusFolder.describe(read(zip)))
        .containsExactly("a.zip!x/b.csv:1=" + GOOD, "a.zip!x/b.csv:2!wrong-length");
  }

  @Test
  void aCutGzipFileKeepsTheLinesBeforeTheCut() throws Exception {
    ByteArrayOutputStream csv = new ByteArrayOutputStream();
    SudokuGenerator generator = new SudokuGenerator(SudokuSize.FOUR, 5, 8, 1);
    SudokuCsv.write(csv, generator, 5000);
    byte[] whole = CorpusFolder.gzip(csv.toString(StandardCharsets.US_ASCII));
    Path cut = folder.file("cut.csv.gz", Arrays.copyOf(whole, whole.length / 2));

    List<CorpusRecord> records = read(cut);

    assertThat(records).hasSizeGreaterThan(1000).hasSizeLessThan(5000);
    assertThat(records.subList(0, records.size() - 1)).allMatch(PuzzleRecord.class::isInstance);
    assertThat(records.get(records.size() - 1))
        .isInstanceOfSatisfying(
            QuarantinedRecord.class,
            record -> {
              assertThat(record.reason()).isEqualTo(QuarantinedRecord.UNREADABLE);
              assertThat(record.line()).isEqualTo(records.size() + 1);
            });
  }

  @ParameterizedTest
  @CsvSource({"FOUR,5,10", "SIX,14,20", "NINE,28,40"})
  void whatTheGeneratorWroteIsReadBack(SudokuSize size, int fewest, int most) throws Exception {
    SudokuGenerator generator = new SudokuGenerator(size, fewest, most, 6);
    ByteArrayOutputStream csv = new ByteArrayOutputStream();
    SudokuCsv.write(csv, generator, 200);
    CorpusFile file = CorpusFolder.corpusFile(folder.file("a.csv", csv.toByteArray()));
    List<Puzzle> expected = new ArrayList<>();
    generator.generate(0, 200, expected::add);

    List<Puzzle> read =
        CorpusFolder.all(new SudokuCorpus(size).read(file, CONFIGURATION)).stream()
            .map(record -> ((PuzzleRecord) record).puzzle())
            .toList();

    assertThat(read).isEqualTo(expected);
    assertThat(SudokuCorpus.sizeOf(List.of(file), CONFIGURATION)).contains(size);
  }

  @Test
  void theSizeIsThatOfTheFirstProperPuzzle() throws Exception {
    CorpusFile noise = CorpusFolder.corpusFile(folder.file("a.csv", "x\n" + "0".repeat(36)));
    CorpusFile nine = CorpusFolder.corpusFile(folder.file("b.csv", "puzzle\nbad\n" + NINE));

    assertThat(SudokuCorpus.sizeOf(List.of(noise, nine), CONFIGURATION)).contains(SudokuSize.NINE);
    assertThat(SudokuCorpus.sizeOf(List.of(noise), CONFIGURATION)).isEmpty();
  }

  @Test
  void directoriesGiveTheirCsvFiles() throws Exception {
    folder.file("data/a.csv", GOOD);
    folder.file("data/b/c.csv.gz", CorpusFolder.gzip(GOOD));
    folder.file("data/README.md", "no puzzles");

    assertThat(SudokuCorpus.find(List.of(root.resolve("data").toString()), CONFIGURATION))
        .extracting(CorpusFile::kind)
        .containsExactly(CorpusFile.Kind.PLAIN, CorpusFile.Kind.GZIP);
  }

  private static List<CorpusRecord> read(Path file) throws Exception {
    return CorpusFolder.all(
        new SudokuCorpus(SudokuSize.FOUR).read(CorpusFolder.corpusFile(file), CONFIGURATION));
  }
}
