package io.github.pumaspark.jobs.chaos;

import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** A small dataset, and trainings on it that differ in nothing but what a test names. */
final class TrainFixture {
  private static final Configuration LOCAL = new Configuration(false);
  private static final Duration STRAIGHT_LIMIT = Duration.ofMinutes(10);

  private final Path temporary;

  private TrainFixture(Path temporary) {
    this.temporary = temporary;
  }

  /**
   * A run.
   *
   * @param arguments of the command that trains it
   */
  record Run(
      String name,
      String directory,
      int steps,
      int checkpointEvery,
      List<String> arguments,
      Configuration configuration) {
    RunInspector inspector() {
      return new RunInspector(new org.apache.hadoop.fs.Path(directory), configuration);
    }
  }

  /** Makes the dataset below a directory, in which all else is kept too. */
  static TrainFixture in(Path temporary) throws IOException {
    TrainFixture fixture = new TrainFixture(temporary);
    EffectiveConfig config = EffectiveConfig.load(null, fixture.shardSettings());
    SudokuCsv.write(
        new org.apache.hadoop.fs.Path(temporary.resolve("puzzles.csv").toUri()),
        LOCAL,
        new SudokuGenerator(SudokuSize.FOUR, 5, 8, 1),
        200);
    try (SparkSession session =
        SparkSession.builder()
            .master("local[1]")
            .appName("chaos dataset")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.warehouse.dir", temporary.resolve("warehouse").toUri().toString())
            .getOrCreate()) {
      new ShardJob(config.values().shard(), LOCAL).run(() -> session);
    }
    return fixture;
  }

  /** Starts commands whose scratch files are kept below a directory of that name. */
  Commands commands(String name, String... systemProperties) throws IOException {
    return new Commands(temporary.resolve(name), List.of(systemProperties));
  }

  /** A run on local disk. */
  Run run(String name, int steps, int checkpointEvery, String... overrides) {
    return run(
        name,
        temporary.resolve("runs").resolve(name).toString(),
        LOCAL,
        steps,
        checkpointEvery,
        overrides);
  }

  /** A run on any file system. */
  Run run(
      String name,
      String directory,
      Configuration configuration,
      int steps,
      int checkpointEvery,
      String... overrides) {
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(
        List.of(
            "run.name=" + name,
            "run.directory=" + directory,
            "dataset.train=" + temporary.resolve("data/train"),
            "network.width=64",
            "network.layers=2",
            "network.heads=2",
            "network.key-value-heads=2",
            "network.feed-forward-width=256",
            "masking.strategy=progressive",
            "masking.phases=3",
            "masking.pool-factor=2",
            "optimizer.warmup-steps=2",
            "optimizer.ema-decay=0.99",
            "train.steps=" + steps,
            "train.global-batch-size=12",
            "train.checkpoint-every=" + checkpointEvery,
            "train.keep-last=3",
            "train.keep-every=" + 10 * checkpointEvery,
            "train.log-every=5",
            "train.ledger=true",
            "cluster.ranks=2",
            "cluster.min-ranks=2",
            "cluster.max-ranks=2",
            "cluster.executor-memory=512m",
            "cluster.heartbeat-interval=500ms",
            "cluster.dead-after=4s",
            "cluster.hang-timeout=20s",
            "cluster.start-timeout=1m",
            "cluster.backoff=200ms"));
    arguments.addAll(List.of(overrides));
    return new Run(name, directory, steps, checkpointEvery, arguments, configuration);
  }

  /** Trains a run that nothing disturbs, to its end. */
  void trainStraight(Run run) throws Exception {
    try (Commands commands = commands("straight-" + run.name())) {
      DriverProcess driver = commands.start(run.arguments());
      boolean hasEnded = driver.await(STRAIGHT_LIMIT);
      if (!hasEnded || driver.exitCode() != 0) {
        throw new AssertionError(
            "The training that nothing disturbs failed\n"
                + Postmortem.of(commands, List.of(driver), run));
      }
    }
  }

  private List<String> shardSettings() {
    return List.of(
        "shard.input=" + temporary.resolve("puzzles.csv"),
        "shard.output=" + temporary.resolve("data"),
        "shard.validation-fraction=0.1");
  }
}
