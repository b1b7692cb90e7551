package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.FileTree;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunDirectoryTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir Path temporary;

  @Test
  void aNewDirectoryGetsAnIdentityThatItKeeps() throws IOException {
    String first = open("dataset").runId();

    assertThat(first).isNotEmpty();
    assertThat(open("dataset").runId()).isEqualTo(first);
    assertThat(directory()).isDirectoryContaining("glob:**/run.json");
    assertThat(EffectiveConfig.load(directory().resolve("config.json"), List.of()).values())
        .isEqualTo(config().values());
  }

  @Test
  void howLongAndOnHowManyRanksMayChange() throws IOException {
    String first = open("dataset").runId();

    assertThat(
            open(
                    "dataset",
                    "train.steps=2000",
                    "cluster.ranks=4",
                    "train.time-limit=1h",
                    "train.checkpoint-every=7",
                    "train.keep-last=2")
                .runId())
        .isEqualTo(first);
  }

  @Test
  void otherSettingsAreRefusedNamingEveryKeyWithBothValues() throws IOException {
    open("dataset");

    assertThatThrownBy(
            () ->
                open(
                    "dataset",
                    "network.width=64",
                    "masking.phases=5",
                    "optimizer.learning-rate=0.5",
                    "train.seed=9",
                    "train.global-batch-size=64"))
        .isInstanceOf(ConfigException.class)
        .message()
        .satisfies(
            message ->
                assertThat(message.lines())
                    .containsExactlyInAnyOrder(
                        "Cannot go on in '"
                            + directory()
                            + "': its run has other settings. Choose another run.directory, start over"
                            + " with --fresh, or use the same:",
                        "network.width: 128 there, 64 here",
                        "masking.phases: 8 there, 5 here",
                        "optimizer.learning-rate: 0.001 there, 0.5 here",
                        "train.seed: 1 there, 9 here",
                        "train.global-batch-size: 128 there, 64 here"));
  }

  @Test
  void anotherDatasetIsRefused() throws IOException {
    open("dataset");

    assertThatThrownBy(() -> open("other"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("manifest dataset, dataset.train has other");
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("thesis.tex"), "text");

    assertThatThrownBy(() -> open("dataset"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'thesis.tex'")
        .hasMessageContaining("Choose another directory");
    assertThat(directory().toFile().list()).containsExactly("thesis.tex");
  }

  @Test
  void aFileIsRefused() throws IOException {
    Files.writeString(directory(), "text");

    assertThatThrownBy(() -> open("dataset"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it is a file");
  }

  @Test
  void whatAKilledDriverWasWritingGoes() throws IOException {
    RunDirectory run = open("dataset");
    Path directory = directory();
    Files.createDirectories(directory.resolve("tensorboard"));
    Files.writeString(directory.resolve("tensorboard/.tmp-events-1"), "cut sh");
    Files.writeString(directory.resolve("tensorboard/events"), "whole");
    Files.writeString(directory.resolve(".tmp-generations.json-1"), "cut sh");
    Files.writeString(directory.resolve(".tmp-.lock-1"), "another driver's");

    run.deleteTemporaries();

    assertThat(FileTree.sha256s(directory).keySet())
        .containsExactly(".tmp-.lock-1", "config.json", "run.json", "tensorboard/events");
  }

  @Test
  void aStartThatWasCutShortCanBeMadeAgain() throws IOException {
    open("dataset");
    Files.delete(directory().resolve("run.json"));

    open("dataset", "network.width=64");

    assertThat(
            EffectiveConfig.load(directory().resolve("config.json"), List.of())
                .values()
                .network()
                .width())
        .isEqualTo(64);
  }

  private Path directory() {
    return temporary.resolve("run");
  }

  private EffectiveConfig config(String... overrides) {
    List<String> all = new ArrayList<>(List.of(overrides));
    all.add("run.directory=" + directory());
    return EffectiveConfig.load(null, all);
  }

  private RunDirectory open(String dataset, String... overrides) throws IOException {
    return RunDirectory.open(config(overrides), dataset, LOCAL);
  }
}
