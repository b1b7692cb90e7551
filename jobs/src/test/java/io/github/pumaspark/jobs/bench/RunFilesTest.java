package io.github.pumaspark.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RunFilesTest {
  @TempDir private Path directory;

  @Test
  void aRunThatHasWrittenNothingHasNoGeneration() throws IOException {
    RunFiles files = new RunFiles(directory);

    assertThat(files.generation()).isEqualTo(-1);
    assertThat(files.newestCheckpoint()).isZero();
  }

  @Test
  void onlyStepsThatCountMakeAGeneration() throws IOException {
    Files.writeString(
        directory.resolve("metrics.jsonl"),
        """
        {"step":1,"generation":0,"void":false}
        {"step":2,"generation":0,"void":true}
        {"step":3,"generation":0,"void":true}
        {"step":2,"generation":1,"void":false}
        {"step":3,"gener""");
    RunFiles files = new RunFiles(directory);

    assertThat(files.generation()).isEqualTo(1);
    assertThat(files.stepsDoneAgain(0)).isEqualTo(2);
    assertThat(files.stepsDoneAgain(1)).isZero();
  }

  @Test
  void theNewestCheckpointIsTheNewestCompleteOne() throws IOException {
    for (String name : new String[] {"step-00000010", "step-00000020-g1", "step-00000030"}) {
      Files.createDirectories(directory.resolve("checkpoints").resolve(name));
    }
    Files.createFile(directory.resolve("checkpoints/step-00000010/COMMITTED"));
    Files.createFile(directory.resolve("checkpoints/step-00000020-g1/COMMITTED"));

    assertThat(new RunFiles(directory).newestCheckpoint()).isEqualTo(20);
  }
}
