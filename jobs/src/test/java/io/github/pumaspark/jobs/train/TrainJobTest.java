package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import io.github.pumaspark.jobs.FileTree;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.shard.ShardJob;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two ranks in executor processes of their own, shared by all tests of this class. */
final class TrainJobTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir static Path temporary;
  private static SparkSession session;

  /** A run that nothing disturbed: 12 steps, a checkpoint every 4, a metrics line every 2. */
  private static TrainJob.Result straight;

  @BeforeAll
  static void trainStraight() throws IOException {
    EffectiveConfig config = config("straight", "shard.validation-fraction=0.1");
    session = SparkSessions.open("test", config.values().cluster());
    SudokuCsv.write(
        hadoop(temporary.resolve("puzzles.csv")),
        LOCAL,
        new SudokuGenerator(SudokuSize.FOUR, 5, 8, 1),
        200);
    new ShardJob(config.values().shard(), LOCAL).run(() -> session);
    straight = train("straight");
  }

  @AfterAll
  static void close() throws IOException {
    if (session != null) {
      session.close();
    }
  }

  @Test
  void aRunEndsWithACheckpointThatListsTheFilesOfBothRanks() throws IOException {
    assertThat(straight.isFinished()).isTrue();
    assertThat(steps("straight")).containsExactly(4L, 8L, 12L);
    Checkpoint last = store("straight").newest().orElseThrow().verify();
    assertThat(last.state().execution().worldSize()).isEqualTo(2);
    assertThat(last.state().execution().precision()).isEqualTo("fp32");
    assertThat(last.state().progress().step()).isEqualTo(12);
    assertThat(last.state().progress().tokens()).isEqualTo(12 * 8 * 16);
    assertThat(last.state().files())
        .containsOnlyKeys(
            "config.json",
            "model.safetensors",
            "optimizer-00000-of-00002.safetensors",
            "optimizer-00001-of-00002.safetensors",
            "pool-0000000000-8.safetensors",
            "pool-0000000008-8.safetensors");
  }

  @Test
  void rowsOfThePoolFinishAndAreReplaced() {
    // 16 rows are in the pool from the start; more were consumed only if some have finished.
    assertThat(straight.state().progress().sequences()).isGreaterThan(16);
  }

  @Test
  void metricsHaveEachLoggedStepOnce() throws IOException {
    assertThat(losses("straight")).containsOnlyKeys(1L, 2L, 4L, 6L, 8L, 10L, 12L);
    assertThat(losses("straight").values())
        .allSatisfy(loss -> assertThat(loss).isBetween(0.1, 5.0));
    assertThat(Files.readAllLines(run("straight").resolve("metrics.jsonl"))).hasSize(7);
  }

  @Test
  void aRunThatWasStoppedTwiceAndGoneOnWithEndsWithTheSameBytes() throws IOException {
    TrainJob.Result first = train("stopped", "train.time-limit=1ms");
    TrainJob.Result second = train("stopped", "train.time-limit=1ms");
    TrainJob.Result third = train("stopped");

    assertThat(first.isFinished()).isFalse();
    assertThat(second.isFinished()).isFalse();
    assertThat(third.isFinished()).isTrue();
    assertThat(first.state().progress().step()).isBetween(1L, 10L);
    assertThat(second.state().progress().step())
        .isBetween(first.state().progress().step() + 1, 11L);
    assertThat(steps("stopped"))
        .contains(first.state().progress().step(), second.state().progress().step(), 12L);
    assertThat(tensors("stopped", 12)).isEqualTo(tensors("straight", 12));
    assertThat(losses("stopped")).isEqualTo(losses("straight"));
  }

  @Test
  void aRunWhoseDriverDiedIsGoneOnWithFromItsLastCompleteCheckpoint() throws IOException {
    FileTree.copy(run("straight"), run("killed"));
    // as if it had died while it wrote the checkpoint of step 8
    FileTree.delete(checkpoint("killed", 12));
    Files.delete(checkpoint("killed", 8).resolve("COMMITTED"));
    Files.delete(checkpoint("killed", 8).resolve("optimizer-00000-of-00002.safetensors"));
    FileTree.age(run("killed"));

    TrainJob.Result result = train("killed");

    assertThat(result.isFinished()).isTrue();
    assertThat(FileTree.written(checkpoint("killed", 4))).isEmpty();
    assertThat(tensors("killed", 8)).isEqualTo(tensors("straight", 8));
    assertThat(tensors("killed", 12)).isEqualTo(tensors("straight", 12));
    assertThat(losses("killed")).isEqualTo(losses("straight"));
    assertThat(result.state().lineage().runId()).isEqualTo(straight.state().lineage().runId());
  }

  @Test
  void aFinishedRunNeedsNoSpark() throws IOException {
    FileTree.age(run("straight"));

    TrainJob.Result again = new TrainJob(config("straight"), LOCAL).run(TrainJobTest::noSession);

    assertThat(again).isEqualTo(new TrainJob.Result(straight.state(), true, 0, 0));
    assertThat(straight.generations()).isEqualTo(1);
    assertThat(FileTree.written(run("straight"))).isEmpty();
  }

  @Test
  void onlyTheNewestCheckpointsAreKept() throws IOException {
    train("kept", "train.keep-last=2", "train.steps=4", "train.checkpoint-every=1");

    assertThat(steps("kept")).containsExactly(3L, 4L);
  }

  @Test
  void aRunWithOtherSettingsIsRefusedNamingTheKeys() {
    assertThatThrownBy(
            () ->
                new TrainJob(config("straight", "network.width=32", "masking.phases=4"), LOCAL)
                    .run(TrainJobTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("network.width: 16 there, 32 here")
        .hasMessageContaining("masking.phases: 3 there, 4 here");
  }

  @Test
  void aNetworkThatDoesNotFitTheDatasetIsRefusedBeforeSparkStarts() {
    EffectiveConfig small = config("small", "network.max-positions=15", "network.vocab-size=5");

    String problems =
        "Invalid network.max-positions: 15 (the dataset '%1$s' has rows of 16 tokens)\n"
                .formatted(temporary.resolve("data/train"))
            + "Invalid network.vocab-size: 5 (the dataset '%1$s' has the 6 ids of tokenizer 'sudoku-4')"
                .formatted(temporary.resolve("data/train"));
    assertThatThrownBy(() -> new TrainJob(small, LOCAL).run(TrainJobTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage(problems);
    assertThatThrownBy(() -> new TrainJob(small, LOCAL).plan())
        .isInstanceOf(ConfigException.class)
        .hasMessage(problems);
    assertThat(run("small")).doesNotExist();
  }

  @Test
  void aVocabularyLargerThanTheTokenizersIsTrained() throws IOException {
    TrainJob.Result result =
        train("wide", "run.preset=tiny", "optimizer.warmup-steps=2", "train.steps=4");
    assertThat(result.isFinished()).isTrue();
    EffectiveConfig kept =
        EffectiveConfig.parse(
            store("wide").newest().orElseThrow().config(), "config.json", List.of());
    assertThat(kept.values().network().vocabSize()).isEqualTo(12);
    assertThat(kept.values().run().preset()).isEqualTo("tiny");
  }

  @Test
  void aPlanCountsParametersAndPasses() throws IOException {
    List<String> lines = new TrainJob(config("planned"), LOCAL).plan();

    assertThat(lines.get(0))
        .matches("\\d+ parameters, 96 of them in the embedding of 6 ids; rows of 16 tokens");
    assertThat(lines.get(lines.size() - 1))
        .matches("12 steps of 8 sequences are 0\\.\\d\\d passes over 1\\d\\d rows .*");
    assertThat(run("planned")).doesNotExist();
  }

  @Test
  void aPortThatIsTakenIsNamed() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> train("port", "cluster.driver-port=" + taken.getLocalPort()))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("Cannot listen on '127.0.0.1:" + taken.getLocalPort() + "'")
          .hasMessageContaining("(0 = any)");
    }
  }

  @Test
  void aDirectoryOfSomethingElseIsRefused() throws IOException {
    Files.createDirectories(run("thesis"));
    Files.writeString(run("thesis").resolve("thesis.tex"), "text");

    assertThatThrownBy(() -> new TrainJob(config("thesis"), LOCAL).run(TrainJobTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'thesis.tex'");
  }

  @Test
  void aMissingDatasetIsRefused() {
    assertThatThrownBy(
            () ->
                new TrainJob(config("nodata", "dataset.train=" + temporary + "/nowhere"), LOCAL)
                    .run(TrainJobTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot open dataset '%s/nowhere': no such directory. Check the path."
                .formatted(temporary));
    assertThat(run("nodata")).doesNotExist();
  }

  @Test
  void aWorldSizeAboveTheFreeSlotsIsSaidWithBothNumbers() {
    assertThatThrownBy(() -> train("three", "cluster.ranks=3", "train.global-batch-size=9"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Cannot start 3 ranks: need 3 free slots, have 2");
    assertThat(run("three").resolve("checkpoints")).doesNotExist();
  }

  @Test
  void aLossThatIsNotFiniteStopsBeforeTheUpdate() throws IOException {
    assertThatThrownBy(
            () ->
                train(
                    "diverged",
                    "optimizer.learning-rate=1e15",
                    "optimizer.warmup-steps=0",
                    "optimizer.clip-norm=0",
                    "train.checkpoint-every=1"))
        .isInstanceOf(TrainFailedException.class)
        .message()
        .matches(
            "Training of 'test' failed: Loss is not finite on rank [01] at step \\d+; stopped before the"
                + " optimizer update\\. .*another directory .*"
                + " \\((last complete checkpoint: '.*diverged/checkpoints/step-\\d{8}'|there is no checkpoint yet)\\)")
        .doesNotContain("\n");

    assertThat(steps("diverged")).allMatch(step -> step < 12);
  }

  @Test
  void aTruncatedCheckpointIsALineThatNamesTheFile() throws IOException {
    FileTree.copy(run("straight"), run("truncated"));
    FileTree.delete(checkpoint("truncated", 12));
    FileTree.truncate(checkpoint("truncated", 8).resolve("model.safetensors"), 0.5);

    assertThatThrownBy(() -> train("truncated"))
        .isInstanceOf(TrainFailedException.class)
        .message()
        .contains("truncated/checkpoints/step-00000008/model.safetensors'")
        .contains("it was truncated or altered")
        .doesNotContain("\n");
  }

  @Test
  void aTruncatedShardIsNamedInOneLineBeforeAnythingStarts() throws IOException {
    Path data = temporary.resolve("broken");
    FileTree.copy(temporary.resolve("data/train"), data);
    FileTree.truncate(data.resolve("data-00000-of-00001.arrow"), 0.5);

    assertThatThrownBy(
            () ->
                new TrainJob(config("shard", "dataset.train=" + data), LOCAL)
                    .run(TrainJobTest::noSession))
        .isInstanceOf(CorruptShardException.class)
        .message()
        .contains("broken/data-00000-of-00001.arrow")
        .doesNotContain("\n");
    assertThat(run("shard")).doesNotExist();
  }

  @Test
  void randomMasksTrainAsWell() throws IOException {
    TrainJob.Result result = train("random", "masking.strategy=random", "train.steps=4");

    assertThat(result.isFinished()).isTrue();
    assertThat(result.state().progress().sequences()).isEqualTo(4 * 8);
    assertThat(result.state().files())
        .containsOnlyKeys(
            "config.json",
            "model.safetensors",
            "optimizer-00000-of-00002.safetensors",
            "optimizer-00001-of-00002.safetensors");
  }

  private static SparkSession noSession() {
    throw new AssertionError("Spark was started");
  }

  private static TrainJob.Result train(String run, String... overrides) throws IOException {
    return new TrainJob(config(run, overrides), LOCAL).run(() -> session);
  }

  private static EffectiveConfig config(String run, String... overrides) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "run.name=test",
                "run.directory=" + run(run),
                "dataset.train=" + temporary.resolve("data/train"),
                "shard.input=" + temporary.resolve("puzzles.csv"),
                "shard.output=" + temporary.resolve("data"),
                "network.width=16",
                "network.layers=1",
                "network.heads=2",
                "network.key-value-heads=2",
                "network.feed-forward-width=32",
                "masking.strategy=progressive",
                "masking.phases=3",
                "masking.pool-factor=2",
                "optimizer.warmup-steps=2",
                "train.steps=12",
                "train.global-batch-size=8",
                "train.checkpoint-every=4",
                "train.log-every=2",
                "cluster.ranks=2",
                "cluster.executor-memory=512m"));
    all.addAll(List.of(overrides));
    return EffectiveConfig.load(null, all);
  }

  private static Path run(String name) {
    return temporary.resolve("runs").resolve(name);
  }

  private static Path checkpoint(String run, long step) {
    return run(run).resolve("checkpoints/step-%08d".formatted(step));
  }

  private static CheckpointStore store(String run) {
    return new CheckpointStore(hadoop(run(run).resolve("checkpoints")), LOCAL);
  }

  private static List<Long> steps(String run) throws IOException {
    return store(run).complete().stream().map(Checkpoint::step).toList();
  }

  /** SHA-256 of weights, moments and pool rows. */
  private static SortedMap<String, String> tensors(String run, long step) {
    SortedMap<String, String> files = FileTree.sha256s(checkpoint(run, step));
    files.keySet().removeIf(name -> !name.endsWith(".safetensors"));
    assertThat(files).hasSize(5);
    return files;
  }

  private static Map<Long, Double> losses(String run) throws IOException {
    Map<Long, Double> losses = new TreeMap<>();
    for (String line : Files.readAllLines(run(run).resolve("metrics.jsonl"))) {
      JsonNode record = new ObjectMapper().readTree(line);
      if (record.path("void").asBoolean()) {
        continue;
      }
      Double before = losses.put(record.path("step").asLong(), record.path("loss").asDouble());
      assertThat(before).as("a second line of a step").isNull();
    }
    return losses;
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toUri());
  }
}
