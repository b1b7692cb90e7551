package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.sudoku.SudokuRules;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DataCommandsTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"4,5-6", "6,14-20", "9,30-36"})
  void generatedPuzzlesHaveTheirGivensAndTheirSolution(int size, String givens) throws IOException {
    Path file = directory.resolve("puzzles.csv");

    int code = generate(file, "--boards", "7", "--size", "" + size, "--givens", givens);

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(8).startsWith("puzzle,solution");
    int fewest = Integer.parseInt(givens.split("-")[0]);
    int most = Integer.parseInt(givens.split("-")[1]);
    for (String line : lines.subList(1, 8)) {
      int[] clues = digits(line.split(",")[0]);
      int[] solution = digits(line.split(",")[1]);
      assertThat(SudokuRules.isSolution(SudokuSize.of(size), solution, clues)).isTrue();
      assertThat((int) Stream.of(line.split(",")[0].split("")).filter(c -> !"0".equals(c)).count())
          .isBetween(fewest, most);
    }
    JsonNode result = new ObjectMapper().readTree(out.toString());
    assertThat(result.get("ok").asBoolean()).isTrue();
    assertThat(result.get("file").asText()).isEqualTo(file.toString());
  }

  @Test
  void theSameSeedGivesTheSameFile() throws IOException {
    Path first = directory.resolve("1.csv");
    Path second = directory.resolve("2.csv");
    Path third = directory.resolve("3.csv");

    generate(first, "--boards", "5", "--size", "6", "--seed", "3");
    generate(second, "--boards", "5", "--size", "6", "--seed", "3");
    generate(third, "--boards", "5", "--size", "6", "--seed", "4");

    assertThat(second).hasSameBinaryContentAs(first);
    assertThat(Files.readString(third)).isNotEqualTo(Files.readString(first));
  }

  @Test
  void anExistingFileIsNotReplacedUnasked() throws IOException {
    Path file = Files.writeString(directory.resolve("mine.csv"), "precious");

    assertThat(generate(file, "--boards", "1", "--size", "4")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString().lines())
        .containsExactly(
            "puma: error: Cannot write '"
                + file
                + "': it exists already (choose another name or --overwrite)");
    assertThat(file).hasContent("precious");

    assertThat(generate(file, "--boards", "1", "--size", "4", "--overwrite")).isZero();
    assertThat(Files.readAllLines(file)).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "--size,5,Invalid --size: 5 (must be 4; 6 or 9)",
    "--size,six,'six' is not an int",
    "--givens,20-14,Invalid givens: 20-14",
    "--givens,some,Invalid --givens: 'some' (must be A-B; such as 24-36)",
    "--boards,0,Invalid --boards: 0 (must be positive)",
    "--board,3,Unknown option '--board'"
  })
  void badArgumentsAreOneLineAndLeaveNoFile(String option, String value, String message) {
    Path file = directory.resolve("puzzles.csv");
    String[] boards = option.equals("--boards") ? new String[0] : new String[] {"--boards", "3"};

    int code =
        generate(
            file,
            Stream.concat(Stream.of(boards), Stream.of(option, value)).toArray(String[]::new));

    assertThat(code).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(err.toString()).startsWith("puma: error: ").contains(message.replace(';', ','));
    assertThat(file).doesNotExist();
  }

  @Test
  void verifyAcceptsWhatShardWroteAndNamesWhatWasChanged() throws IOException {
    Path corpus = directory.resolve("puzzles.csv");
    Path data = directory.resolve("data");
    generate(corpus, "--boards", "60", "--size", "4", "--givens", "5-8");
    EffectiveConfig config =
        EffectiveConfig.load(
            null,
            List.of(
                "shard.input=" + corpus, "shard.output=" + data, "shard.validation-fraction=0"));
    try (SparkSession session =
        SparkSession.builder()
            .master("local[2]")
            .appName("test")
            .config("spark.ui.enabled", "false")
            .getOrCreate()) {
      new ShardJob(config.values().shard(), new Configuration()).run(() -> session);
    }
    Path train = data.resolve("train");
    out.getBuffer().setLength(0);

    assertThat(run("verify", train.toString())).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("\"ok\":true").contains("\"rows\":60");

    Path shard;
    try (Stream<Path> files = Files.list(train)) {
      shard = files.filter(file -> file.toString().endsWith(".arrow")).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length / 2] ^= 1;
    Files.write(shard, bytes);
    out.getBuffer().setLength(0);

    assertThat(run("verify", train.toString())).isEqualTo(ExitCodes.FAILURE);
    assertThat(out.toString()).contains("\"ok\":false");
    assertThat(err.toString().lines())
        .isNotEmpty()
        .allMatch(
            line ->
                line.startsWith(
                    "puma: error: Dataset '" + train + "': '" + shard.getFileName() + "': "));
  }

  @Test
  void verifyOfSomethingElseIsAUsageError() {
    assertThat(run("verify", directory.toString())).isEqualTo(ExitCodes.USAGE);
    assertThat(run("verify", directory.resolve("none").toString())).isEqualTo(ExitCodes.USAGE);
    assertThat(run("verify")).isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("puma: error: "));
  }

  private int generate(Path file, String... options) {
    String[] args =
        Stream.concat(Stream.of("generate", "sudoku", "--out", file.toString()), Stream.of(options))
            .toArray(String[]::new);
    return run(args);
  }

  private int run(String... args) {
    return Puma.run(Puma.commandLine(), new PrintWriter(out), new PrintWriter(err), args);
  }

  private static int[] digits(String text) {
    return text.chars().map(c -> c - '0').toArray();
  }
}
