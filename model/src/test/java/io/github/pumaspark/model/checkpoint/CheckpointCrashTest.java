package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.masking.PoolRows;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Wherever writing a checkpoint ends, at any byte, the run goes on from a whole one. */
final class CheckpointCrashTest {
  private static final int TRIALS = 60;
  private static final long SEED = 20261125;
  private static final FlatTensors LAYOUT =
      new FlatTensors(List.of(new FlatTensors.Slice("w", List.of(32L), 0)));
  private static final TensorPieces MOMENTS =
      new TensorPieces("optimizer", LAYOUT, List.of("exp_avg."));

  @TempDir java.nio.file.Path folder;
  private final Configuration configuration = DyingFileSystem.configuration();

  @AfterEach
  void live() {
    DyingFileSystem.live(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDeathAtAnyByteLeavesAWholeCheckpointAndNoOrphan(boolean hasRename) throws IOException {
    long whole = changesOf(hasRename);
    Random random = new Random(SEED);
    for (int trial = 0; trial < TRIALS; trial++) {
      java.nio.file.Path run = folder.resolve("run-" + trial);
      CheckpointStore store = store(hasRename, run);
      write(store, 10, 1);
      long life = random.nextLong(whole);
      DyingFileSystem.live(life);
      boolean isDead = false;
      try {
        write(store, 20, 1);
        store.applyRetention(1, 0);
      } catch (IOException e) {
        isDead = true;
      }
      DyingFileSystem.live(Long.MAX_VALUE);
      String what = "seed %s, trial %s, dead after %s of %s".formatted(SEED, trial, life, whole);

      assertThat(isDead).as(what).isTrue();
      // What a reader sees before anything is cleaned up.
      Checkpoint newest = store.newest().orElseThrow();
      assertThat(newest.verify().step()).as(what).isIn(10L, 20L);
      requireReadable(newest);
      assertThat(Checkpoints.glob(store.staging(0, 0).getParent() + "/*", configuration))
          .as(what)
          .extracting(Checkpoint::step)
          .isSubsetOf(10L, 20L)
          .contains(newest.step());

      store.sweep(2);
      List<String> complete = new ArrayList<>();
      for (Checkpoint checkpoint : store.complete()) {
        complete.add(checkpoint.verify().directory().getName());
      }
      assertThat(names(run)).as(what).containsExactlyElementsOf(complete);

      write(store, newest.step() + 10, 2);
      assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(newest.step() + 10);
    }
  }

  /** Changes that a checkpoint and the deletion of the one before take. */
  private long changesOf(boolean hasRename) throws IOException {
    CheckpointStore store = store(hasRename, folder.resolve("whole"));
    write(store, 10, 1);
    DyingFileSystem.live(1 << 30);
    write(store, 20, 1);
    store.applyRetention(1, 0);
    long used = (1 << 30) - DyingFileSystem.left();
    DyingFileSystem.live(Long.MAX_VALUE);
    assertThat(used).isGreaterThan(2000);
    return used;
  }

  private CheckpointStore store(boolean hasRename, java.nio.file.Path run) {
    return new CheckpointStore(DyingFileSystem.path(hasRename, run), configuration);
  }

  /** What two ranks and the driver do. */
  private void write(CheckpointStore store, long step, int generation) throws IOException {
    Path staging = store.staging(step, generation);
    List<CheckpointFile> files = new ArrayList<>();
    FloatBuffer weights = FloatBuffer.allocate(32).put(0, step);
    files.add(
        new CheckpointFile(
            CheckpointFile.MODEL,
            LAYOUT.write(
                new Path(staging, CheckpointFile.MODEL),
                configuration,
                Map.of(),
                Map.of("", weights))));
    for (int rank = 0; rank < 2; rank++) {
      files.add(
          MOMENTS.write(
              staging,
              configuration,
              rank,
              2,
              List.of(new Segment(16 * rank, 16 * rank + 16)),
              Map.of("exp_avg.", FloatBuffer.allocate(16))));
      PoolRows rows = new PoolRows(new long[] {rank}, new long[1], new int[1], new byte[4]);
      files.add(PoolFiles.write(staging, configuration, rows).orElseThrow());
    }
    store.commit(States.of(step, files.toArray(CheckpointFile[]::new)), "{}", generation);
  }

  private static void requireReadable(Checkpoint checkpoint) throws IOException {
    FloatBuffer weights = FloatBuffer.allocate(32);
    WeightChoice.RAW.filesOf(checkpoint).read(LAYOUT, weights);
    assertThat(weights.get(0)).isEqualTo(checkpoint.step());
    MOMENTS.read(
        checkpoint, List.of(new Segment(0, 32)), Map.of("exp_avg.", FloatBuffer.allocate(32)));
    assertThat(PoolFiles.read(checkpoint).ids()).containsExactly(0, 1);
  }

  private static List<String> names(java.nio.file.Path directory) throws IOException {
    try (Stream<java.nio.file.Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }
}
