package io.github.pumaspark.jobs.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.FileTree;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.spark.SparkSessions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pipeline of two tiny runs on two executor processes: stopped once, then run to its end. */
final class PipelineTest {
  private static final Configuration LOCAL = new Configuration(false);
  private static final String SETTINGS =
      """
      run.name = tiny
      generate { boards = 120, size = 4, givens-min = 6, givens-max = 10 }
      shard.validation-fraction = 0.3
      network { width = 16, layers = 1, heads = 2, key-value-heads = 2, feed-forward-width = 32 }
      masking { phases = 2, pool-factor = 2 }
      optimizer.warmup-steps = 1
      train { steps = 4, global-batch-size = 8, checkpoint-every = 2, log-every = 1 }
      cluster { ranks = 2, executor-memory = 512m }
      evaluate { task = sudoku, orders = [max-prob, margin], tokens-per-step = [8], limit = 16 }
      runs {
        baseline { masking.strategy = random }
        puma { masking.strategy = progressive }
      }
      """;

  @TempDir static Path temporary;
  private static SparkSession session;
  private static Optional<Summary> stopped;
  private static Summary summary;

  @BeforeAll
  static void run() throws IOException {
    session = SparkSessions.open("test", config().values().cluster());
    stopped = new Pipeline(config("train.time-limit=1ms"), LOCAL).run(() -> session);
    summary = new Pipeline(config(), LOCAL).run(() -> session).orElseThrow();
  }

  @AfterAll
  static void close() throws IOException {
    if (session != null) {
      session.close();
    }
  }

  @Test
  void aPipelineWhoseRunIsStoppedHasNoSummary() {
    assertThat(stopped).isEmpty();
  }

  @Test
  void theSummaryNamesBothRunsWithTheirCheckpoints() throws IOException {
    assertThat(summary.ok()).isTrue();
    assertThat(Path.of(summary.dir())).isEqualTo(directory());
    assertThat(Path.of(summary.report())).isEqualTo(directory().resolve("report.html"));
    assertThat(summary.runs().stream().map(Summary.Run::name)).containsExactly("baseline", "puma");
    assertThat(summary.runs().stream().map(Summary.Run::strategy))
        .containsExactly("random", "progressive");
    for (Summary.Run run : summary.runs()) {
      assertThat(run.worldSize()).isEqualTo(2);
      assertThat(run.steps()).isEqualTo(4);
      assertThat(run.seconds()).isPositive();
      assertThat(run.tokensPerSecond()).isPositive();
      assertThat(run.checkpoints().stream().map(Summary.Score::step)).contains(2L, 4L);
      assertThat(run.checkpoints())
          .allSatisfy(
              score -> {
                assertThat(score.n()).isEqualTo(16);
                assertThat(score.exactMatch()).isBetween(0.0, 1.0);
                assertThat(score.nll()).isNull();
              });
    }
    assertThat(summary.runs().get(0).sequences()).isEqualTo(4 * 8);
  }

  @Test
  void theSummaryFileIsTheSummaryInSnakeCase() throws IOException {
    JsonNode file =
        new ObjectMapper().readTree(Files.readString(directory().resolve("summary.json")));

    assertThat(new ObjectMapper().treeToValue(file, Summary.class)).isEqualTo(summary);
    assertThat(fields(file)).containsExactly("ok", "dir", "report", "seconds", "runs");
    assertThat(fields(file.path("runs").path(1)))
        .containsExactly(
            "name",
            "strategy",
            "world_size",
            "steps",
            "sequences",
            "tokens_per_second",
            "seconds",
            "checkpoints");
    assertThat(fields(file.path("runs").path(1).path("checkpoints").path(0)))
        .containsExactly("step", "exact_match", "n");
  }

  @Test
  void allPartsAreWhereTheyBelong() throws IOException {
    assertThat(directory().resolve("corpus/puzzles.csv")).isNotEmptyFile();
    assertThat(directory().resolve("data/train/manifest.json")).isNotEmptyFile();
    assertThat(directory().resolve("data/validation/manifest.json")).isNotEmptyFile();
    assertThat(directory().resolve("runs/puma/checkpoints/step-00000004/COMMITTED"))
        .isNotEmptyFile();
    assertThat(directory().resolve("runs/baseline/metrics.jsonl")).isNotEmptyFile();
    assertThat(directory().resolve("evaluation/results.parquet")).isNotEmptyFile();
    assertThat(Files.readString(directory().resolve("report.html")))
        .contains("baseline")
        .contains("puma")
        .doesNotContain("src=\"http")
        .doesNotContain("href=\"http");
  }

  @Test
  void noHeldOutGridIsTrainedOn() throws IOException {
    Set<String> train = grids("train");
    Set<String> validation = grids("validation");

    assertThat(validation).isNotEmpty().doesNotContainAnyElementsOf(train);
  }

  @Test
  void aSecondCallReturnsTheSummaryWithoutSpark() throws IOException {
    FileTree.age(directory());

    assertThat(new Pipeline(config(), LOCAL).run(PipelineTest::noSession)).contains(summary);
    assertThat(FileTree.written(directory())).isEmpty();
  }

  @Test
  void aPipelineThatWasMovedAndLacksItsReportNeedsNoSpark() throws IOException {
    Path moved = temporary.resolve("moved");
    FileTree.copy(directory(), moved);
    Files.delete(moved.resolve("summary.json"));
    Files.delete(moved.resolve("report.html"));

    Summary again =
        new Pipeline(config("run.directory=" + moved), LOCAL)
            .run(PipelineTest::noSession)
            .orElseThrow();

    assertThat(again.runs()).isEqualTo(summary.runs());
    assertThat(again.dir()).isEqualTo(moved.toString());
    assertThat(moved.resolve("report.html")).isNotEmptyFile();
  }

  @Test
  void otherSettingsInTheSameDirectoryAreRefusedNamingTheKeys() {
    assertThatThrownBy(
            () ->
                new Pipeline(config("network.width=32", "generate.boards=99"), LOCAL)
                    .run(PipelineTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it was made with other settings")
        .hasMessageContaining("network.width: 16 there, 32 here")
        .hasMessageContaining("generate.boards: 120 there, 99 here");
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
    Path other = temporary.resolve("other");
    Files.createDirectories(other);
    Files.writeString(other.resolve("thesis.tex"), "text");

    assertThatThrownBy(
            () ->
                new Pipeline(config("run.directory=" + other), LOCAL).run(PipelineTest::noSession))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'thesis.tex'");
    assertThat(other.toFile().list()).containsExactly("thesis.tex");
  }

  @Test
  void aPipelineWithoutHeldOutRowsIsRefused() {
    assertThatThrownBy(
            () ->
                new Pipeline(
                        config(
                            "run.directory=" + temporary.resolve("none"),
                            "shard.validation-fraction=0"),
                        LOCAL)
                    .run(() -> session))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("shard.validation-fraction");
  }

  private static SparkSession noSession() {
    throw new AssertionError("Spark was started");
  }

  private static Path directory() {
    return temporary.resolve("pipeline");
  }

  private static EffectiveConfig config(String... overrides) {
    List<String> all = new ArrayList<>(List.of("run.directory=" + directory()));
    all.addAll(List.of(overrides));
    return EffectiveConfig.parse(SETTINGS, "test", all);
  }

  private static List<String> fields(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Set<String> grids(String split) throws IOException {
    Set<String> grids = new HashSet<>();
    var path = new org.apache.hadoop.fs.Path(directory().resolve("data/" + split).toUri());
    try (TokenDataset dataset = TokenDataset.open(path, LOCAL)) {
      for (long row = 0; row < dataset.rows(); row++) {
        grids.add(Arrays.toString(dataset.row(row).tokens()));
      }
    }
    return grids;
  }
}
