package io.github.pumaspark.jobs.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.FileTree;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import io.github.pumaspark.jobs.train.TrainJob;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import io.github.pumaspark.model.evaluation.LeaderboardRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of a run of one rank, scored by two tasks at a time; all in this process. */
final class EvaluateJobTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir static Path temporary;
  private static SparkSession session;
  private static List<Checkpoint> checkpoints;

  @BeforeAll
  static void trainTwoCheckpoints() throws IOException {
    session =
        SparkSession.builder()
            .config(
                new SparkConf()
                    .setMaster("local[2]")
                    .setAppName("test")
                    .set("spark.ui.enabled", "false")
                    .set("spark.driver.host", "127.0.0.1")
                    .set("spark.driver.bindAddress", "127.0.0.1"))
            .getOrCreate();
    shard(SudokuSize.FOUR, "four");
    shard(SudokuSize.SIX, "six");
    Path run = temporary.resolve("run");
    EffectiveConfig config =
        config("run.directory=" + run, "dataset.train=" + temporary.resolve("four/train"));
    new TrainJob(config, LOCAL).run(() -> session);
    checkpoints = new CheckpointStore(hadoop(run.resolve("checkpoints")), LOCAL).complete();
    assertThat(checkpoints).hasSize(2);
  }

  @AfterAll
  static void close() throws IOException {
    if (session != null) {
      session.close();
    }
  }

  @Test
  void everyCheckpointIsScoredWithEverySetting() throws IOException {
    Path out = temporary.resolve("every");

    List<EvaluationResult> results = evaluate(out, () -> session);

    assertThat(results).hasSize(4).allSatisfy(result -> assertThat(result.n()).isEqualTo(8));
    assertThat(
            results.stream()
                .map(result -> result.unit().model().step() + " " + result.unit().task().label()))
        .doesNotHaveDuplicates();
    assertThat(results.stream().map(result -> result.unit().model().step()))
        .containsExactly(1L, 1L, 2L, 2L);
    assertThat(resultFiles(out)).hasSize(4);
    assertThat(results)
        .allSatisfy(
            result -> assertThat(result.metrics().get("exact_match").value()).isBetween(0.0, 1.0));
  }

  @Test
  void theTableHasOneRowForEveryMetricOfEveryResult() throws IOException {
    Path out = temporary.resolve("table");

    List<EvaluationResult> results = evaluate(out, () -> session);

    Dataset<Row> table = session.read().parquet(out.resolve("results.parquet").toString());
    assertThat(table.count())
        .isEqualTo(results.stream().mapToLong(result -> LeaderboardRow.of(result).size()).sum());
    for (EvaluationResult result : results) {
      Row row =
          table
              .filter("key = '" + result.key() + "' and metric = 'exact_match' and group = ''")
              .select("run", "step", "value", "n")
              .collectAsList()
              .get(0);
      assertThat(row.getString(0)).isEqualTo("test");
      assertThat(row.getLong(1)).isEqualTo(result.unit().model().step());
      assertThat(row.getDouble(2)).isEqualTo(result.metrics().get("exact_match").value());
      assertThat(row.getLong(3)).isEqualTo(8);
    }
    assertThat(out.toFile().list())
        .containsExactlyInAnyOrder("lm-eval", "results", "results.parquet");
  }

  @Test
  void onlyWhatIsMissingIsComputedAgain() throws IOException {
    Path out = temporary.resolve("missing");
    List<EvaluationResult> first = evaluate(out, () -> session);
    Path lost = resultFiles(out).get(1);
    Files.delete(lost);
    FileTree.age(out);

    List<EvaluationResult> second = evaluate(out, () -> session);

    assertThat(FileTree.written(out.resolve("results")).stream().filter(name -> !isSamples(name)))
        .containsExactly(lost.getFileName().toString());
    assertThat(scores(second)).isEqualTo(scores(first));
  }

  @Test
  void aDamagedResultIsComputedAgain() throws IOException {
    Path out = temporary.resolve("damaged");
    List<EvaluationResult> first = evaluate(out, () -> session);
    Path damaged = resultFiles(out).get(2);
    FileTree.truncate(damaged, 0.5);
    FileTree.age(out);

    List<EvaluationResult> second = evaluate(out, () -> session);

    assertThat(FileTree.written(out.resolve("results")).stream().filter(name -> !isSamples(name)))
        .containsExactly(damaged.getFileName().toString());
    assertThat(scores(second)).isEqualTo(scores(first));
  }

  @Test
  void aSecondRunNeedsNoSparkAndScoresNothing() throws IOException {
    Path out = temporary.resolve("twice");
    List<EvaluationResult> first = evaluate(out, () -> session);
    FileTree.age(out);

    List<EvaluationResult> second = evaluate(out, EvaluateJobTest::noSession);

    assertThat(second).isEqualTo(first);
    assertThat(FileTree.written(out.resolve("results"))).isEmpty();
    assertThat(FileTree.written(out)).doesNotContain("results.parquet");
  }

  @Test
  void anotherSettingAddsItsResultsOnly() throws IOException {
    Path out = temporary.resolve("more");
    evaluate(out, () -> session);
    List<Path> before = resultFiles(out);
    FileTree.age(out);

    List<EvaluationResult> results =
        evaluate(out, () -> session, "evaluate.tokens-per-step=16,8,4");

    assertThat(results).hasSize(6);
    assertThat(resultFiles(out)).hasSize(6).containsAll(before);
    assertThat(FileTree.written(out.resolve("results")).stream().filter(name -> !isSamples(name)))
        .hasSize(2);
  }

  @Test
  void rowsOfAnotherTokenizerAreRefusedBeforeSparkStarts() {
    Path out = temporary.resolve("other");

    assertThatThrownBy(
            () ->
                job()
                    .run(
                        EvaluateJobTest::noSession,
                        checkpoints,
                        hadoop(temporary.resolve("six/train")),
                        hadoop(out)))
        .isInstanceOf(ConfigException.class)
        .message()
        .startsWith("Cannot evaluate '")
        .contains("run/checkpoints/step-00000001' on '")
        .contains("the checkpoint was trained with tokenizer 'sudoku-4' (")
        .contains("the dataset has 'sudoku-6' (")
        .doesNotContain("\n");
    assertThat(out).doesNotExist();
  }

  @Test
  void aTruncatedWeightFileIsALineThatNamesIt() throws IOException {
    Path copy = temporary.resolve("copy/checkpoints");
    FileTree.copy(temporary.resolve("run/checkpoints"), copy);
    FileTree.truncate(copy.resolve("step-00000001/model.safetensors"), 0.5);
    List<Checkpoint> damaged = new CheckpointStore(hadoop(copy), LOCAL).complete();
    Path out = temporary.resolve("truncated");

    assertThatThrownBy(
            () ->
                job()
                    .run(
                        () -> session,
                        damaged.subList(0, 1),
                        hadoop(temporary.resolve("four/train")),
                        hadoop(out)))
        .isInstanceOf(IOException.class)
        .message()
        .startsWith("Evaluation failed: ")
        .contains("step-00000001/model.safetensors'")
        .doesNotContain("\n")
        .doesNotContain("Exception");
  }

  private static SparkSession noSession() {
    throw new AssertionError("Spark was started");
  }

  private static EvaluateJob job(String... overrides) {
    EffectiveConfig config = config(overrides);
    return new EvaluateJob(
        config.values().evaluate(), config.values().cluster(), WeightChoice.BEST, LOCAL);
  }

  private static List<EvaluationResult> evaluate(
      Path out, Supplier<SparkSession> session, String... overrides) throws IOException {
    return job(overrides)
        .run(session, checkpoints, hadoop(temporary.resolve("four/train")), hadoop(out));
  }

  private static void shard(SudokuSize size, String name) throws IOException {
    Path corpus = temporary.resolve(name + ".csv");
    int givens = size.cells() / 2;
    SudokuCsv.write(hadoop(corpus), LOCAL, new SudokuGenerator(size, givens, givens, 1), 32);
    EffectiveConfig config =
        EffectiveConfig.load(
            null,
            List.of(
                "shard.input=" + corpus,
                "shard.output=" + temporary.resolve(name),
                "shard.validation-fraction=0"));
    new ShardJob(config.values().shard(), LOCAL).run(() -> session);
  }

  private static EffectiveConfig config(String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "run.name=test",
                "network.width=16",
                "network.layers=1",
                "network.heads=2",
                "network.key-value-heads=2",
                "network.feed-forward-width=32",
                "masking.strategy=random",
                "optimizer.warmup-steps=0",
                "train.steps=2",
                "train.global-batch-size=4",
                "train.checkpoint-every=1",
                "cluster.ranks=1",
                "evaluate.limit=8",
                "evaluate.batch-size=8",
                "evaluate.tokens-per-step=8,4"));
    all.addAll(List.of(overrides));
    return EffectiveConfig.load(null, all);
  }

  private static List<Path> resultFiles(Path out) throws IOException {
    try (var files = Files.list(out.resolve("results"))) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private static boolean isSamples(String name) {
    return name.endsWith(".samples.jsonl");
  }

  private static List<String> scores(List<EvaluationResult> results) {
    return results.stream()
        .map(
            result ->
                result.unit().model().step()
                    + " "
                    + result.unit().task().label()
                    + " "
                    + result.metrics())
        .toList();
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
