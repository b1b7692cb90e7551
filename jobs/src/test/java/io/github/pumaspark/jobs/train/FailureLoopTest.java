package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.FileTree;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import io.github.pumaspark.jobs.spark.BarrierJobs;
import io.github.pumaspark.jobs.spark.ExecutorSlots;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults in real executor processes; all tests share one cluster of two. */
final class FailureLoopTest {
  private static final Configuration LOCAL = new Configuration(false);
  private static final int STEPS = 400;

  @TempDir static Path temporary;
  private static SparkSession session;

  @BeforeAll
  static void trainUndisturbed() throws IOException {
    EffectiveConfig config = config("straight", "shard.validation-fraction=0.1");
    session = SparkSessions.open("test", config.values().cluster());
    SudokuCsv.write(
        hadoop(temporary.resolve("puzzles.csv")),
        LOCAL,
        new SudokuGenerator(SudokuSize.FOUR, 5, 8, 1),
        200);
    new ShardJob(config.values().shard(), LOCAL).run(() -> session);
    assertThat(train("straight").failures()).isZero();
  }

  @AfterAll
  static void close() throws IOException {
    if (session != null) {
      session.close();
    }
  }

  @BeforeEach
  void awaitTwoExecutors() {
    ExecutorSlots slots = new ExecutorSlots(session.sparkContext());
    await().atMost(Duration.ofSeconds(60)).until(() -> slots.free().size() == 2);
  }

  @Test
  void aKilledExecutorIsReplacedAndTheRunEndsWithTheSameBytes() throws Exception {
    long victim = pids().get(0);
    FutureTask<TrainJob.Result> run = start("killed");

    awaitCheckpoint("killed");
    signal("KILL", victim);

    TrainJob.Result result = run.get(120, TimeUnit.SECONDS);
    assertThat(result.isFinished()).isTrue();
    assertThat(result.failures()).isEqualTo(1);
    assertThat(result.generations()).isEqualTo(2);
    assertThat(tensors("killed")).isEqualTo(tensors("straight"));
    assertThat(result.summary()).containsEntry("failures", 1).containsEntry("generations", 2);
  }

  @Test
  void aFrozenExecutorIsReplacedAndTheRunEndsWithTheSameBytes() throws Exception {
    long victim = pids().get(1);
    FutureTask<TrainJob.Result> run =
        start("frozen", "cluster.heartbeat-interval=200ms", "cluster.dead-after=2s");
    awaitCheckpoint("frozen");

    signal("STOP", victim);
    try {
      TrainJob.Result result = run.get(120, TimeUnit.SECONDS);

      assertThat(result.isFinished()).isTrue();
      assertThat(result.failures()).isEqualTo(1);
      assertThat(tensors("frozen")).isEqualTo(tensors("straight"));
    } finally {
      signal("CONT", victim);
    }
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> ProcessHandle.of(victim).filter(ProcessHandle::isAlive).isEmpty());
  }

  @Test
  void withTooFewExecutorsTheRunGoesOnWithFewerRanks() throws Exception {
    FutureTask<TrainJob.Result> run =
        start("fewer", "cluster.min-ranks=1", "cluster.replacement-timeout=0s");
    long victim = pids().get(0);
    awaitCheckpoint("fewer");

    signal("KILL", victim);

    TrainJob.Result result = run.get(120, TimeUnit.SECONDS);
    assertThat(result.isFinished()).isTrue();
    assertThat(result.state().execution().worldSize()).isEqualTo(1);
    assertThat(result.state().progress().step()).isEqualTo(STEPS);
  }

  @Test
  void aRunGoesOnAtOtherWorldSizes() throws Exception {
    train("sizes", "train.time-limit=1ms");
    TrainJob.Result one = train("sizes", "cluster.ranks=1", "train.time-limit=1ms");
    TrainJob.Result two = train("sizes");

    assertThat(one.state().execution().worldSize()).isEqualTo(1);
    assertThat(two.isFinished()).isTrue();
    assertThat(two.state().execution().worldSize()).isEqualTo(2);
  }

  @Test
  void whatARankFindsWrongWithTheSettingsIsTheUsersToChange() {
    assertThatThrownBy(() -> train("gpu", "cluster.ranks=1", "cluster.device=cuda"))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot use GPU 0");
    assertThat(generation("gpu")).isZero();
  }

  @Test
  void aTaskThatThrowsIsTriedAgainUpToTheBoundAndTheContextStaysUsable() {
    // Ranks cannot listen on an address that is not this machine's.
    assertThatThrownBy(
            () ->
                train(
                    "throws",
                    "cluster.bind-host=192.0.2.77",
                    "cluster.max-failures=1",
                    "cluster.backoff=10ms"))
        .isInstanceOf(TrainFailedException.class)
        .hasMessageContaining("Cannot listen on '192.0.2.77'")
        .hasMessageContaining("cluster.max-failures = 1 is reached")
        .hasMessageEndingWith("; the same command starts again)");

    assertThat(generation("throws")).isEqualTo(1);
    assertThat(BarrierJobs.run(session, 2, "after", (rank, worldSize, gpus) -> new byte[0]))
        .hasSize(2);
  }

  @Test
  void aGuardThatRollsBackGoesOnWithoutTheStepThatItDidNotTrust() throws Exception {
    // From the second step on, every loss above the one before is a spike.
    TrainJob.Result result =
        train(
            "spikes",
            "train.steps=16",
            "train.checkpoint-every=4",
            "guard.spike=rollback",
            "guard.spike-factor=1.0",
            "guard.spike-window=1",
            "guard.max-rollbacks=16");

    assertThat(result.isFinished()).isTrue();
    assertThat(result.failures()).isBetween(1, 16);
    assertThat(result.generations()).isEqualTo(result.failures() + 1);
    assertThat(state("spikes").path("skip_steps")).hasSize(result.failures());
  }

  @Test
  void rollbacksAreBoundedOverTheLifeOfTheRun() {
    String[] diverging = {
      "guard.non-finite=rollback",
      "guard.max-rollbacks=1",
      "optimizer.learning-rate=1e15",
      "optimizer.warmup-steps=0",
      "optimizer.clip-norm=0"
    };
    for (int driver = 0; driver < 2; driver++) {
      assertThatThrownBy(() -> train("diverges", diverging))
          .isInstanceOf(TrainFailedException.class)
          .hasMessageContaining("guard.max-rollbacks = 1 is reached");
    }

    assertThat(state("diverges").path("skip_steps")).hasSize(1);
    assertThat(generation("diverges")).isEqualTo(2);
  }

  @Test
  void aDriverThatIsStartedAgainTakesAHigherGeneration() throws Exception {
    train("again", "train.time-limit=1ms");
    int first = generation("again");

    train("again", "train.time-limit=1ms");

    assertThat(generation("again")).isGreaterThan(first);
  }

  @Test
  void aSecondDriverOnTheDirectoryIsRefusedAndTheFirstGoesOn() throws Exception {
    FutureTask<TrainJob.Result> run = start("shared");
    awaitCheckpoint("shared");

    assertThatThrownBy(() -> train("shared"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("process " + ProcessHandle.current().pid());

    assertThat(run.get(120, TimeUnit.SECONDS).failures()).isZero();
  }

  @Test
  void startingOverTakesAnotherRunsPlace() throws Exception {
    String before = train("fresh", "train.steps=2").state().lineage().runId();
    assertThatThrownBy(() -> train("fresh", "train.seed=9", "train.steps=2"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("--fresh");

    TrainJob.Result result =
        new TrainJob(config("fresh", "train.seed=9", "train.steps=2"), LOCAL)
            .startingOver()
            .run(() -> session);

    assertThat(result.isFinished()).isTrue();
    assertThat(result.generations()).isEqualTo(1);
    assertThat(result.state().lineage().runId()).isNotEqualTo(before);
  }

  /** Process ids of the two executors. */
  private static List<Long> pids() {
    return BarrierJobs.run(
            session,
            2,
            "pids",
            (rank, worldSize, gpus) ->
                ByteBuffer.allocate(Long.BYTES).putLong(ProcessHandle.current().pid()).array())
        .stream()
        .map(bytes -> ByteBuffer.wrap(bytes).getLong())
        .toList();
  }

  private static void signal(String name, long pid) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
  }

  private static void awaitCheckpoint(String run) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(60))
        .until(() -> store(run).newest().isPresent());
  }

  private static FutureTask<TrainJob.Result> start(String run, String... overrides) {
    FutureTask<TrainJob.Result> task = new FutureTask<>(() -> train(run, overrides));
    Thread thread = new Thread(task, "test-driver");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  private static TrainJob.Result train(String run, String... overrides) throws IOException {
    return new TrainJob(config(run, overrides), LOCAL).run(() -> session);
  }

  private static EffectiveConfig config(String run, String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "run.name=test",
                "run.directory=" + temporary.resolve("runs").resolve(run),
                "dataset.train=" + temporary.resolve("data/train"),
                "shard.input=" + temporary.resolve("puzzles.csv"),
                "shard.output=" + temporary.resolve("data"),
                "network.width=16",
                "network.layers=1",
                "network.heads=2",
                "network.key-value-heads=2",
                "network.feed-forward-width=32",
                "masking.phases=3",
                "optimizer.warmup-steps=2",
                "train.steps=" + STEPS,
                "train.global-batch-size=8",
                "train.checkpoint-every=20",
                "train.keep-last=2",
                "cluster.ranks=2",
                "cluster.backoff=100ms",
                "cluster.executor-memory=512m"));
    all.addAll(List.of(overrides));
    return EffectiveConfig.load(null, all);
  }

  private static int generation(String run) {
    return state(run).path("generation").asInt(-1);
  }

  private static JsonNode state(String run) {
    try {
      return new ObjectMapper()
          .readTree(temporary.resolve("runs").resolve(run).resolve("generations.json").toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static CheckpointStore store(String run) {
    return new CheckpointStore(
        hadoop(temporary.resolve("runs").resolve(run).resolve("checkpoints")), LOCAL);
  }

  /** SHA-256 of weights, moments and pool rows in the end. */
  private static SortedMap<String, String> tensors(String run) throws IOException {
    Checkpoint last = store(run).newest().orElseThrow().verify();
    assertThat(last.step()).isEqualTo(STEPS);
    SortedMap<String, String> files = FileTree.sha256s(Path.of(last.directory().toUri().getPath()));
    files.keySet().removeIf(name -> !name.endsWith(".safetensors"));
    return files;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
