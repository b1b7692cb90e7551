package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.masking.MaskingConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RankCheckpointTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  @TempDir private java.nio.file.Path temporary;
  private Path dataset;

  @BeforeEach
  void writeDataset() throws IOException {
    dataset = path("data");
    CountingDataset.write(dataset, CONFIGURATION, 40);
  }

  /** The copy is of the step it is said to be of, whatever the steps after it do meanwhile. */
  @Test
  void checkpointsOnTheWayAreThoseOfRunsThatStopThere() throws Exception {
    run(spec("whole", LocalRun.PROGRESSIVE, 6, 2)).train(LocalRanks.world(2));
    List<Checkpoint> onTheWay = run(spec("whole", LocalRun.PROGRESSIVE, 6, 2)).store().complete();

    assertThat(onTheWay).extracting(Checkpoint::step).containsExactly(2L, 4L, 6L);
    for (Checkpoint checkpoint : onTheWay) {
      String name = "stopped-" + checkpoint.step();
      LocalRun stopped = run(spec(name, LocalRun.PROGRESSIVE, 6, 1000));
      stopped.stopping(0, (int) checkpoint.step()).train(LocalRanks.world(2));

      Checkpoint expected = stopped.newest();
      assertThat(trained(checkpoint)).isEqualTo(trained(expected));
      assertThat(checkpoint.state().progress().cursor())
          .isEqualTo(expected.state().progress().cursor());
    }
  }

  @Test
  void resumeFromACheckpointOnTheWayGivesTheSameBits() throws Exception {
    TrainSpec spec = spec("run", LocalRun.PROGRESSIVE, 6, 2);
    run(spec).train(LocalRanks.world(2));
    Checkpoint middle = run(spec).store().find(4).orElseThrow();
    TrainSpec again = spec("again", LocalRun.PROGRESSIVE, 6, 1000);

    run(LocalRun.resumed(again, middle.directory())).train(LocalRanks.world(2));

    assertThat(trained(run(again).newest())).isEqualTo(trained(run(spec).newest()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void anotherWorldSizeGoesOnWithTheSameWeightsUpToRounding(int worldSize) throws Exception {
    TrainSpec spec = spec("run", LocalRun.RANDOM, 8, 4);
    run(spec).train(LocalRanks.world(2));
    Checkpoint middle = run(spec).store().find(4).orElseThrow();
    TrainSpec other = spec("other", LocalRun.RANDOM, 8, 6);

    run(LocalRun.resumed(other, middle.directory())).train(LocalRanks.world(worldSize));

    float[] expected = weights(run(spec).newest());
    assertThat(weights(run(other).newest())).containsExactly(expected, within(2e-4f));
    assertThat(run(other).store().complete()).extracting(Checkpoint::step).containsExactly(6L, 8L);
  }

  @Test
  void aCheckpointThatCannotBeWrittenEndsTheRunAndLeavesTheEarlierOnes() throws Exception {
    TrainSpec spec = spec("run", LocalRun.RANDOM, 6, 2);
    Files.createDirectories(temporary.resolve("run/checkpoints"));
    Files.writeString(temporary.resolve("run/checkpoints/.tmp-step-00000004"), "in the way");

    assertThatThrownBy(() -> run(spec).train(LocalRanks.world(1)))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageStartingWith("Cannot write checkpoint of step 4: Cannot make directory '")
        .hasMessageContaining("a file is in the way")
        .message()
        .doesNotContain("\n");
    assertThat(run(spec).newest().verify().step()).isEqualTo(2);
  }

  @Test
  void aDamagedShareIsNamedWithTheRemedy() throws Exception {
    TrainSpec spec = spec("run", LocalRun.RANDOM, 2, 2);
    run(spec).train(LocalRanks.world(2));
    Checkpoint checkpoint = run(spec).newest();
    String name = "optimizer-00001-of-00002.safetensors";
    java.nio.file.Path file = java.nio.file.Path.of(checkpoint.file(name).toUri().getPath());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    TrainSpec resumed = LocalRun.resumed(spec("on", LocalRun.RANDOM, 4, 4), checkpoint.directory());

    assertThatThrownBy(() -> run(resumed).train(LocalRanks.world(1)))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(CorruptCheckpointException.class)
        .hasMessageStartingWith("Cannot resume from '" + checkpoint.directory() + "': ")
        .hasMessageContaining(name + "': SHA-256 ")
        .hasMessageContaining("Delete the directory '")
        .message()
        .doesNotContain("\n");
  }

  private LocalRun run(TrainSpec spec) {
    return new LocalRun(spec, CONFIGURATION);
  }

  private TrainSpec spec(String name, MaskingConfig masking, int steps, int checkpointEvery) {
    return LocalRun.spec(
        dataset, path(name + "/checkpoints"), masking, LocalRun.OPTIMIZER, steps, checkpointEvery);
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toUri());
  }

  /** Hashes of weights, moments and pool. */
  private static Map<String, String> trained(Checkpoint checkpoint) throws IOException {
    return new TreeMap<>(checkpoint.verify().state().files());
  }

  private static float[] weights(Checkpoint checkpoint) throws IOException {
    Safetensors.Tensor tensor =
        Safetensors.read(checkpoint.file(CheckpointFile.MODEL), CONFIGURATION)
            .tensors()
            .get("model.embed_tokens.weight");
    float[] values = new float[(int) tensor.info().elements()];
    tensor.data().asFloatBuffer().get(values);
    return values;
  }
}
