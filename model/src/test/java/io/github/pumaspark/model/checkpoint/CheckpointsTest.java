package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointsTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  @TempDir java.nio.file.Path folder;

  @BeforeEach
  void commit() throws IOException {
    for (long step : new long[] {20, 3, 100}) {
      commit("puma", step);
      commit("baseline", step);
    }
    Files.createDirectories(folder.resolve("runs/puma/checkpoints/step-00000200"));
    Files.writeString(folder.resolve("runs/puma/checkpoints/notes.txt"), "a file");
  }

  @Test
  void completeOnesAreFoundByRunThenStep() throws IOException {
    assertThat(Checkpoints.glob(folder + "/runs/*/checkpoints/*", CONFIGURATION))
        .extracting(
            checkpoint -> folder.toUri().relativize(checkpoint.directory().toUri()).toString())
        .containsExactly(
            "runs/baseline/checkpoints/step-00000003",
            "runs/baseline/checkpoints/step-00000020",
            "runs/baseline/checkpoints/step-00000100",
            "runs/puma/checkpoints/step-00000003",
            "runs/puma/checkpoints/step-00000020",
            "runs/puma/checkpoints/step-00000100");
  }

  @Test
  void aPathWithoutWildcardsIsAPatternToo() throws IOException {
    assertThat(Checkpoints.glob(folder + "/runs/puma/checkpoints/step-00000020", CONFIGURATION))
        .extracting(Checkpoint::step)
        .containsExactly(20L);
    assertThat(Checkpoints.glob(folder + "/runs/{puma,other}/*/*20", CONFIGURATION))
        .extracting(Checkpoint::step)
        .containsExactly(20L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/runs/absent/checkpoints/*",
        "/runs/puma/checkpoints/step-00000200",
        "/runs/puma/checkpoints/notes.txt",
        "/absent",
        "/runs/[",
      })
  void aPatternThatMatchesNoneIsTheUsersMistake(String pattern) {
    assertThatThrownBy(() -> Checkpoints.glob(folder + pattern, CONFIGURATION))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid checkpoints: '" + folder + pattern + "' (")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void anEmptyPatternIsTheUsersMistake() {
    assertThatThrownBy(() -> Checkpoints.glob("", CONFIGURATION))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid checkpoints: ''");
  }

  @Test
  void aDamagedOneIsNotSkippedInSilence() throws IOException {
    Files.writeString(folder.resolve("runs/puma/checkpoints/step-00000003/state.json"), "{}");

    assertThatThrownBy(() -> Checkpoints.glob(folder + "/runs/*/checkpoints/*", CONFIGURATION))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("runs/puma/checkpoints/step-00000003/state.json");
  }

  private void commit(String run, long step) throws IOException {
    Path root = new Path(folder.resolve("runs").resolve(run).resolve("checkpoints").toUri());
    new CheckpointStore(root, CONFIGURATION).commit(States.of(step), "{}", 0);
  }
}
