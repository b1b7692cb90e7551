package io.github.pumaspark.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.train.GuardConfig;
import io.github.pumaspark.model.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EffectiveConfigTest {
  @TempDir Path directory;

  @Test
  void everyDefaultIsPinned() {
    assertThat(EffectiveConfig.load(null, List.of()).values())
        .isEqualTo(
            new RunConfig(
                new RunSection("puma", "runs/puma", "", true),
                new DatasetSection("", ""),
                new NetworkConfig(
                    0,
                    0,
                    128,
                    3,
                    4,
                    4,
                    384,
                    10000.0,
                    1e-6,
                    false,
                    false,
                    0,
                    0.02,
                    NetworkProfile.DEFAULT),
                new MaskingConfig(MaskingConfig.Strategy.PROGRESSIVE, 8, 1),
                new OptimizerConfig(1e-3, 0.9, 0.95, 1e-8, 0.01, 1.0, 100, 0),
                new TrainConfig(
                    1,
                    1000,
                    128,
                    0,
                    Precision.FP32,
                    ActivationCheckpointing.NONE,
                    250,
                    0,
                    0,
                    10,
                    false,
                    Duration.ZERO),
                new GuardConfig(GuardConfig.Policy.STOP, GuardConfig.Policy.OFF, 3, 100, 3),
                new CollectiveConfig(
                    8,
                    CollectiveConfig.Path.AUTO,
                    "/dev/shm",
                    0,
                    CollectiveConfig.Wire.FP32,
                    CollectiveConfig.StagingChoice.AUTO,
                    true,
                    CollectiveConfig.Encryption.AUTO),
                new ClusterConfig(
                    2,
                    0,
                    0,
                    1,
                    DeviceChoice.AUTO,
                    false,
                    "1g",
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(10),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(1),
                    10,
                    Duration.ofSeconds(1),
                    "",
                    0,
                    "",
                    ""),
                new ShardConfig(
                    List.of(),
                    ShardConfig.Format.SUDOKU_CSV,
                    List.of("**"),
                    "data",
                    256,
                    0.05,
                    1,
                    65536,
                    0.01,
                    0),
                new GenerateConfig(0, 6, 14, 20, 1),
                new EvaluateConfig(
                    EvaluateConfig.Task.SUDOKU, List.of("max-prob"), List.of(1), 0, 1, 64, 32)));
  }

  @Test
  void everyKeyHasADefaultAndNoOther() {
    assertThat(EffectiveConfig.load(null, List.of()).settings())
        .extracting(Setting::key)
        .containsExactlyElementsOf(Keys.all().keySet());
  }

  @Test
  void commandLineBeatsFileBeatsDefault() throws IOException {
    Path file = file("train { steps = 20, seed = 5 }");

    EffectiveConfig config =
        EffectiveConfig.load(file, List.of("train.steps=30", "optimizer.warmup-steps=3"));

    assertThat(config.values().train().steps()).isEqualTo(30);
    assertThat(config.values().train().seed()).isEqualTo(5);
    assertThat(config.settings())
        .contains(
            new Setting("train.steps", "30", "command line"),
            new Setting("train.seed", "5", file + ":1"),
            new Setting("train.keep-last", "0", "default"));
  }

  @Test
  void defaultsFollowWhatTheyReferTo() {
    assertThat(EffectiveConfig.load(null, List.of("run.name=x")).values().run())
        .isEqualTo(new RunSection("x", "runs/x", "", true));
  }

  @Test
  void textsOnTheCommandLineAreTakenAsTheyStand() {
    List<String> overrides =
        List.of(
            "dataset.train=s3a://bucket/a//b#c",
            "shard.input=/a/*.csv,hdfs://host/b",
            "evaluate.tokens-per-step=1,2",
            "evaluate.orders=[margin, max-prob]",
            "run.name=007",
            "train.time-limit=90m");

    RunConfig values = EffectiveConfig.load(null, overrides).values();

    assertThat(values.dataset().train()).isEqualTo("s3a://bucket/a//b#c");
    assertThat(values.shard().input()).containsExactly("/a/*.csv", "hdfs://host/b");
    assertThat(values.evaluate().tokensPerStep()).containsExactly(1, 2);
    assertThat(values.evaluate().orders()).containsExactly("margin", "max-prob");
    assertThat(values.run().name()).isEqualTo("007");
    assertThat(values.train().timeLimit()).isEqualTo(Duration.ofMinutes(90));
  }

  @Test
  void everyProblemIsReportedAtOnce() throws IOException {
    Path file =
        file(
            """
            masking.phase = 4
            train { steps = many, checkpoint-every = 0, log-every = 0 }
            optimizer.learning-rate = -1
            masking.strategy = progresive
            network = 5
            cluster.start-timeout = 30
            """);

    assertThatThrownBy(
            () -> EffectiveConfig.load(file, List.of("train.global-batch-size=1", "stray")))
        .isInstanceOf(ConfigException.class)
        .satisfies(
            e ->
                assertThat(String.valueOf(e.getMessage()).lines())
                    .containsExactlyInAnyOrder(
                        "Invalid argument 'stray' (must be key=value)",
                        "Unknown key 'masking.phase' in "
                            + file
                            + ":1. Did you mean 'masking.phases'?",
                        "Invalid network: 5 in " + file + ":5 (must be a section)",
                        "Invalid cluster.start-timeout: 30 in "
                            + file
                            + ":6 (must be a duration with its unit, such as 30s, 10m or 2h)",
                        "Invalid masking.strategy: \"progresive\" in "
                            + file
                            + ":4 (must be one of random, progressive) Did you mean 'progressive'?",
                        "Invalid train.steps: \"many\" in " + file + ":2 (must be a whole number)",
                        "optimizer.learning-rate must be positive: -1.0 [" + file + ":3]",
                        "train.checkpoint-every must be positive: 0 [" + file + ":2]",
                        "train.log-every must be positive: 0 [" + file + ":2]",
                        "Invalid train.global-batch-size: 1 (must be at least one sequence for each"
                            + " of cluster.ranks 2) [command line]"));
  }

  @Test
  void sectionsAreCheckedAgainstEachOther() {
    assertThatThrownBy(
            () ->
                EffectiveConfig.load(
                    null,
                    List.of(
                        "cluster.ranks=4",
                        "cluster.max-ranks=60",
                        "train.global-batch-size=50",
                        "train.steps=5")))
        .hasMessage(
            "Invalid train.global-batch-size: 50 (must be at least one sequence for each of"
                + " cluster.max-ranks 60) [command line]\n"
                + "Invalid optimizer.warmup-steps: 100 (must not exceed train.steps 5)"
                + " [command line]");
    assertThatThrownBy(
            () ->
                EffectiveConfig.load(null, List.of("cluster.ranks=4", "train.global-batch-size=2")))
        .hasMessageContaining("at least one sequence for each of cluster.ranks 4");
  }

  @Test
  void valuesOfTheWrongKindAreRefused() {
    for (String override :
        List.of(
            "train.steps=1.5",
            "train.steps=3000000000",
            "train.steps=",
            "train.steps=null",
            "train.steps=[1]",
            "optimizer.learning-rate=Infinity",
            "network.tied-head=1",
            "evaluate.tokens-per-step=1,x",
            "train.time-limit=5",
            "train.time-limit=",
            "cluster.device=CPU")) {
      assertThatThrownBy(() -> EffectiveConfig.load(null, List.of(override)))
          .as(override)
          .isInstanceOf(ConfigException.class)
          .hasMessageStartingWith("Invalid " + override.substring(0, override.indexOf('=')))
          .hasMessageContaining("must be");
    }
  }

  @Test
  void unknownOrdersOfUnmaskingAreRefusedBeforeAnythingRuns() {
    assertThatThrownBy(
            () -> EffectiveConfig.load(null, List.of("evaluate.orders=max-prob,maxprob")))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid evaluate.orders: Invalid order: 'maxprob' (must be one of")
        .hasMessageEndingWith("[command line]");
  }

  @Test
  void namedRunsLieOverTheBase() throws IOException {
    Path file =
        file(
            """
            train.steps = 500
            runs {
              puma { masking.strategy = progressive, train.steps = 400, train.seed = 9 }
              baseline { masking.strategy = random }
            }
            """);

    Map<String, EffectiveConfig> runs = EffectiveConfig.load(file, List.of()).runs();

    assertThat(runs.keySet()).containsExactly("baseline", "puma");
    assertThat(runs.get("baseline").values().masking().strategy())
        .isEqualTo(MaskingConfig.Strategy.RANDOM);
    assertThat(runs.get("baseline").values().train().steps()).isEqualTo(500);
    assertThat(runs.get("puma").values().train().steps()).isEqualTo(400);
    assertThat(runs.get("puma").values().run())
        .isEqualTo(new RunSection("puma", "runs/puma/runs/puma", "", true));
  }

  @Test
  void commandLineReachesEveryNamedRun() throws IOException {
    Path file = file("runs { a { train { steps = 400, seed = 9 } }, b { train.seed = 2 } }");

    Map<String, EffectiveConfig> runs =
        EffectiveConfig.load(file, List.of("train.steps=300", "runs.b.train.seed=3")).runs();

    assertThat(runs.get("a").values().train().steps()).isEqualTo(300);
    assertThat(runs.get("a").values().train().seed()).isEqualTo(9);
    assertThat(runs.get("b").values().train().seed()).isEqualTo(3);
  }

  @Test
  void namedRunsAreCheckedToo() throws IOException {
    Path file =
        file(
            """
            runs {
              a { train.stps = 3, train.steps = 0 }
              b { cluster.ranks = 3 }
              c = 4
            }
            """);

    assertThatThrownBy(() -> EffectiveConfig.load(file, List.of()))
        .hasMessageContaining("Unknown key 'runs.a.train.stps' in " + file + ":2")
        .hasMessageContaining("Did you mean 'train.steps'?")
        .hasMessageContaining("train.steps must be positive: 0 [" + file + ":2]")
        .hasMessageContaining("Invalid runs.b.cluster in " + file + ":3 (runs differ in")
        .hasMessageContaining("Invalid runs.c in " + file + ":4");
  }

  @Test
  void aFileWithoutNamedRunsIsOneRun() {
    EffectiveConfig config =
        EffectiveConfig.load(null, List.of("run.name=solo", "run.directory=/x", "train.seed=4"));

    assertThat(config.runs().keySet()).containsExactly("solo");
    RunConfig run = config.runs().get("solo").values();
    assertThat(run.run()).isEqualTo(new RunSection("solo", "/x/runs/solo", "", true));
    assertThat(run.train()).isEqualTo(config.values().train());
  }

  @Test
  void jsonReadsBackToTheSameValues() throws IOException {
    Path file = file("train.steps = 500\nruns { a { masking.phases = 3 } }\nshard.input = [x, y]");
    EffectiveConfig config = EffectiveConfig.load(file, List.of("train.time-limit=10m"));

    EffectiveConfig again = EffectiveConfig.parse(config.toJson(), "config.json", List.of());

    assertThat(again.values()).isEqualTo(config.values());
    assertThat(again.runs().get("a").values()).isEqualTo(config.runs().get("a").values());
    assertThat(again.toJson()).isEqualTo(config.toJson());
  }

  @Test
  void replacedKeysAreCheckedAgain() {
    EffectiveConfig config = EffectiveConfig.load(null, List.of("train.steps=500"));

    assertThat(config.with(Map.of("dataset.train", "/x")).values().dataset().train())
        .isEqualTo("/x");
    assertThat(config.with(Map.of("dataset.train", "/x")).values().train().steps()).isEqualTo(500);
    assertThatThrownBy(() -> config.with(Map.of("train.steps", 0)))
        .hasMessageContaining("train.steps must be positive: 0");
  }

  @Test
  void requiredKeysThatWereNotSetAreNamedTogether() {
    EffectiveConfig config = EffectiveConfig.load(null, List.of("dataset.validation=v"));

    assertThatThrownBy(() -> config.require("dataset.train", "dataset.validation", "shard.input"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Missing dataset.train: set it in the configuration file or as dataset.train=...\n"
                + "Missing shard.input: set it in the configuration file or as shard.input=...");
  }

  @Test
  void filesThatCannotBeReadAreNamed() throws IOException {
    Path missing = directory.resolve("missing.conf");
    Path broken = file("train {\n steps = 3");
    Path unresolved = file("run.directory = ${no.such.key}");

    assertThatThrownBy(() -> EffectiveConfig.load(missing, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot read configuration '" + missing + "': no such file");
    assertThatThrownBy(() -> EffectiveConfig.load(broken, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(broken + ": 2");
    assertThatThrownBy(() -> EffectiveConfig.load(unresolved, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(unresolved + ": 1")
        .hasMessageContaining("no.such.key");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "run", ".conf"), text);
  }
}
