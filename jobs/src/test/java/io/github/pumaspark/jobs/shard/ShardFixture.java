package io.github.pumaspark.jobs.shard;

import com.holdenkarau.spark.testing.SharedJavaSparkContext;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.data.sudoku.Puzzle;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A Spark context shared by the tests of a class, a corpus, and the rows that come out. */
abstract class ShardFixture extends SharedJavaSparkContext {
  static final Configuration LOCAL = new Configuration(false);

  /** 6x6, 14 to 20 givens, no grid twice. */
  static final List<Puzzle> PUZZLES =
      LongStream.range(0, 240)
          .mapToObj(new SudokuGenerator(SudokuSize.SIX, 14, 20, 5)::puzzle)
          .toList();

  @TempDir Path temporary;

  @BeforeEach
  void openContext() {
    runBefore();
  }

  @AfterAll
  static void closeContext() {
    runAfterClass();
    SparkSession.clearDefaultSession();
    SparkSession.clearActiveSession();
  }

  @Override
  public SparkConf conf() {
    return conf("local[2]");
  }

  static SparkConf conf(String master) {
    return new SparkConf()
        .setMaster(master)
        .setAppName("test")
        .set("spark.app.id", "test")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.host", "127.0.0.1")
        .set("spark.driver.bindAddress", "127.0.0.1");
  }

  SparkSession session() {
    return SparkSession.builder().config(jsc().getConf()).getOrCreate();
  }

  /** For jobs that have nothing to do. */
  static SparkSession noSession() {
    throw new AssertionError("Spark was started");
  }

  Path data() {
    return temporary.resolve("data");
  }

  Path file(String name, List<?> lines) throws IOException {
    Path file = temporary.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, lines.stream().map(Object::toString).toList());
    return file;
  }

  ShardJob job(Path input, Path output, String... overrides) {
    return job(List.of(input), output, overrides);
  }

  ShardJob job(List<Path> inputs, Path output, String... overrides) {
    List<String> all = new ArrayList<>();
    all.add("shard.input=" + String.join(",", inputs.stream().map(Path::toString).toList()));
    all.add("shard.output=" + output);
    all.addAll(List.of(overrides));
    return new ShardJob(EffectiveConfig.load(null, all).values().shard(), LOCAL);
  }

  static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }

  static List<Sequence> rows(Path dataset) throws IOException {
    try (TokenDataset open = TokenDataset.open(hadoop(dataset), LOCAL)) {
      return LongStream.range(0, open.rows()).mapToObj(open::row).toList();
    }
  }

  /** The rows of a Sudoku dataset as lines of the corpus. */
  static List<String> puzzles(Path dataset) throws IOException {
    return rows(dataset).stream().map(ShardFixture::puzzle).toList();
  }

  private static String puzzle(Sequence row) {
    StringBuilder clues = new StringBuilder();
    StringBuilder solution = new StringBuilder();
    for (int cell = 0; cell < row.tokens().length; cell++) {
      clues.append(row.prompt()[cell] ? row.tokens()[cell] : 0);
      solution.append(row.tokens()[cell]);
    }
    return clues + "," + solution;
  }
}
