package io.github.pumaspark.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class PresetsTest {
  private static final Path RESOURCES =
      Path.of("src", "main", "resources", "io", "github", "pumaspark", "jobs", "config");

  @TempDir Path directory;

  static List<String> names() {
    return Presets.names();
  }

  @Test
  void everyFileHasANameAndEveryNameAFile() throws IOException {
    try (Stream<Path> files = Files.list(RESOURCES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> name.startsWith("preset-"))
          .containsExactlyInAnyOrderElementsOf(
              names().stream().map(name -> "preset-" + name + ".conf").toList());
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyPresetIsAWholeConfiguration(String name) {
    EffectiveConfig config = load("run.preset=" + name);

    assertThat(config.values().run()).isEqualTo(new RunSection("puma", "runs/puma", name, true));
    assertThat(config.settings())
        .extracting(Setting::source)
        .contains("preset " + name)
        .containsOnly("default", "preset " + name, "command line");
  }

  @Test
  void sudokuIsTheNetworkOfThePaper() {
    RunConfig values = load("run.preset=sudoku").values();

    assertThat(values.network())
        .isEqualTo(
            new NetworkConfig(
                11,
                162,
                256,
                8,
                8,
                8,
                768,
                10000.0,
                1e-6,
                false,
                false,
                0,
                0.02,
                NetworkProfile.DEFAULT));
    assertThat(parameters(values)).isEqualTo(6_831_872);
    assertThat(values.masking())
        .isEqualTo(new MaskingConfig(MaskingConfig.Strategy.PROGRESSIVE, 8, 1));
    assertThat(values.optimizer())
        .isEqualTo(new OptimizerConfig(3e-4, 0.9, 0.999, 1e-8, 0.01, 1.0, 1000, 0));
    assertThat(values.train().globalBatchSize()).isEqualTo(32);
  }

  @Test
  void tinygsmIsTheNetworkOfThePaper() {
    RunConfig values = load("run.preset=tinygsm").values();

    assertThat(values.network())
        .isEqualTo(
            new NetworkConfig(
                151_645,
                512,
                512,
                14,
                8,
                8,
                1536,
                10000.0,
                1e-6,
                true,
                false,
                0,
                0.02,
                NetworkProfile.DEFAULT));
    assertThat(parameters(values)).isEqualTo(125_388_800);
    assertThat(values.optimizer())
        .isEqualTo(new OptimizerConfig(3e-4, 0.9, 0.999, 1e-8, 0.01, 1.0, 1000, 0.9999));
    assertThat(values.train().globalBatchSize()).isEqualTo(256);
    assertThat(values.train().microBatchSize()).isEqualTo(4);
  }

  @Test
  void tinyIsTinyAndFitsEverySudokuBoard() {
    RunConfig values = load("run.preset=tiny").values();

    assertThat(parameters(values)).isLessThan(100_000);
    assertThat(values.network().vocabSize()).isGreaterThanOrEqualTo(9 + 2);
    assertThat(values.network().maxPositions()).isGreaterThanOrEqualTo(81);
  }

  @Test
  void commandLineBeatsFileBeatsPresetBeatsDefault() throws IOException {
    Path file = file("run.preset = sudoku\nnetwork.layers = 4\ntrain.steps = 5000");

    EffectiveConfig config = EffectiveConfig.load(file, List.of("train.steps=6000"));

    assertThat(config.values().network().width()).isEqualTo(256);
    assertThat(config.values().network().layers()).isEqualTo(4);
    assertThat(config.values().train().steps()).isEqualTo(6000);
    assertThat(config.settings())
        .contains(
            new Setting("train.steps", "6000", "command line"),
            new Setting("network.layers", "4", file + ":2"),
            new Setting("network.width", "256", "preset sudoku"),
            new Setting("run.preset", "\"sudoku\"", file + ":1"),
            new Setting("train.seed", "1", "default"));
  }

  @Test
  void theCommandLineChoosesAnotherPresetThanTheFileOrNone() throws IOException {
    Path file = file("run.preset = sudoku");

    RunConfig other = EffectiveConfig.load(file, List.of("run.preset=tiny")).values();
    RunConfig none = EffectiveConfig.load(file, List.of("run.preset=")).values();

    assertThat(other.network()).isEqualTo(load("run.preset=tiny").values().network());
    assertThat(none).isEqualTo(load().values());
  }

  @Test
  void aFileMayReferToThePresetsValues() throws IOException {
    Path file = file("run.preset = sudoku\nnetwork.feed-forward-width = ${network.width}");

    assertThat(EffectiveConfig.load(file, List.of()).values().network().feedForwardWidth())
        .isEqualTo(256);
  }

  @Test
  void everyNamedRunLiesOverThePreset() throws IOException {
    Path file = file("runs { a { masking.strategy = random }, b { network.layers = 2 } }");

    Map<String, EffectiveConfig> runs =
        EffectiveConfig.load(file, List.of("run.preset=sudoku")).runs();

    assertThat(runs.get("a").values().network().layers()).isEqualTo(8);
    assertThat(runs.get("a").values().masking().strategy())
        .isEqualTo(MaskingConfig.Strategy.RANDOM);
    assertThat(runs.get("b").values().network().layers()).isEqualTo(2);
    assertThat(runs.get("b").values().network().width()).isEqualTo(256);
    assertThat(runs.get("b").values().run())
        .isEqualTo(new RunSection("b", "runs/puma/runs/b", "sudoku", true));
    assertThat(runs.get("b").settings())
        .contains(new Setting("network.width", "256", "preset sudoku"));
  }

  @ParameterizedTest
  @MethodSource("names")
  void jsonReadsBackToTheSameValues(String name) {
    EffectiveConfig config = load("run.preset=" + name, "network.layers=3", "train.seed=5");

    EffectiveConfig again = EffectiveConfig.parse(config.toJson(), "config.json", List.of());

    assertThat(again.values()).isEqualTo(config.values());
    assertThat(again.toJson()).isEqualTo(config.toJson());
    assertThat(config.with(Map.of("train.seed", 5)).values()).isEqualTo(config.values());
  }

  @Test
  void anUnknownPresetIsTheOnlyProblemThatItMakes() {
    // Only preset 'sudoku' would make the first override fit.
    assertThatThrownBy(
            () -> load("run.preset=sudoko", "optimizer.warmup-steps=2000", "train.stps=3"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid run.preset: \"sudoko\" on the command line (must be one of sudoku, tiny,"
                + " tinygsm) Did you mean 'sudoku'?\n"
                + "Unknown key 'train.stps' on the command line. Did you mean 'train.steps'?");
  }

  @Test
  void anUnknownPresetInAFileIsNamedWithItsLine() throws IOException {
    Path file = file("train.seed = 2\nrun { preset = llama }");

    assertThatThrownBy(() -> EffectiveConfig.load(file, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid run.preset: \"llama\" in "
                + file
                + ":2 (must be one of sudoku, tiny, tinygsm)");
  }

  @Test
  void aPresetThatIsNoTextIsRefused() throws IOException {
    Path file = file("run.preset = [sudoku]");

    assertThatThrownBy(() -> EffectiveConfig.load(file, List.of()))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid run.preset: [\"sudoku\"] in " + file + ":1");
  }

  @Test
  void whatDoesNotFitThePresetIsSaidWithBothSources() {
    assertThatThrownBy(() -> load("run.preset=sudoku", "train.steps=500", "network.heads=3"))
        .hasMessage(
            "network.heads must divide network.width 256: 3 [command line, preset sudoku]\n"
                + "Invalid optimizer.warmup-steps: 1000 (must not exceed train.steps 500)"
                + " [preset sudoku, command line]");
  }

  private static EffectiveConfig load(String... overrides) {
    return EffectiveConfig.load(null, List.of(overrides));
  }

  private static long parameters(RunConfig values) {
    return ParameterTable.of(values.network(), values.network().vocabSizeOr(0)).parameterCount();
  }

  private Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "run", ".conf"), text);
  }
}
