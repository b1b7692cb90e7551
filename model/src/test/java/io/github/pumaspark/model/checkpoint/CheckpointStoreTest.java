package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.masking.PoolRows;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckpointStoreTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  /** Weights, moments, two pool files, configuration, train state, marker. */
  private static final int FILES = 7;

  @TempDir java.nio.file.Path folder;

  @Test
  void aRunWithoutCheckpointsHasNone() throws IOException {
    CheckpointStore store =
        new CheckpointStore(new Path(folder.resolve("absent").toUri()), CONFIGURATION);

    assertThat(store.complete()).isEmpty();
    assertThat(store.newest()).isEmpty();
    assertThat(store.find(0)).isEmpty();
    store.applyRetention(1, 0);
    store.sweep(3);
    assertThat(folder.resolve("absent")).doesNotExist();
  }

  @Test
  void aCommittedCheckpointIsWhatWasWritten() throws IOException {
    write(store(CONFIGURATION), 1000, CONFIGURATION);

    Checkpoint checkpoint = store(CONFIGURATION).newest().orElseThrow();

    assertThat(checkpoint.verify().step()).isEqualTo(1000);
    assertThat(checkpoint.config()).isEqualTo("{\"step\": 1000}");
    assertThat(checkpoint.state().files())
        .containsOnlyKeys(
            "config.json",
            "model.safetensors",
            "optimizer.safetensors",
            "pool-0000000000-1.safetensors",
            "pool-0000000001-1.safetensors");
    assertThat(checkpoint.state().progress()).isEqualTo(States.of(1000).progress());
    assertThat(checkpoint.directory().getName()).isEqualTo("step-00001000");
    assertThat(store(CONFIGURATION).find(1000).orElseThrow().step()).isEqualTo(1000);
    assertThat(names(folder.resolve("step-00001000"))).hasSize(FILES).doesNotContain(".tmp");
  }

  /** The law of the marker: wherever a writer dies, what was there before is what there is. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6})
  void aStopBetweenAnyTwoFilesLeavesTheEarlierCheckpointNewest(int filesWritten)
      throws IOException {
    write(store(CONFIGURATION), 1000, CONFIGURATION);
    Configuration stopping = StoppingFileSystem.stopAfter(filesWritten);
    CheckpointStore stopped =
        new CheckpointStore(new Path(StoppingFileSystem.SCHEME, "", folder.toString()), stopping);

    assertThatThrownBy(() -> write(stopped, 1500, stopping))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("stopped before");

    CheckpointStore store = store(CONFIGURATION);
    java.nio.file.Path leftover = folder.resolve("step-00001500");
    assertThat(Files.exists(leftover) ? names(leftover) : List.of()).hasSize(filesWritten);
    assertThat(store.complete()).extracting(Checkpoint::step).containsExactly(1000L);
    assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(1000);

    stopped.sweep(1);
    assertThat(names(folder)).containsExactly("step-00001000");
    write(store, 1500, CONFIGURATION);
    assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(1500);
  }

  /** The test above would prove nothing if its writer were never able to finish. */
  @Test
  void theWriterThatIsNotStoppedFinishes() throws IOException {
    Configuration stopping = StoppingFileSystem.stopAfter(FILES);
    CheckpointStore stopped =
        new CheckpointStore(new Path(StoppingFileSystem.SCHEME, "", folder.toString()), stopping);

    write(stopped, 1500, stopping);

    assertThat(store(CONFIGURATION).newest().orElseThrow().verify().step()).isEqualTo(1500);
  }

  @Test
  void stepsAscendByNumberAndForeignNamesAreIgnored() throws IOException {
    for (long step : new long[] {300, 100_000_000, 20, 99_999_999}) {
      write(store(CONFIGURATION), step, CONFIGURATION);
    }
    Files.createDirectories(folder.resolve("step-7"));
    Files.createDirectories(folder.resolve("best"));
    Files.writeString(folder.resolve("step-00000009"), "a file");

    store(CONFIGURATION).sweep(1);

    assertThat(store(CONFIGURATION).complete())
        .extracting(Checkpoint::step)
        .containsExactly(20L, 300L, 99_999_999L, 100_000_000L);
    assertThat(names(folder)).contains("step-7", "best", "step-00000009");
  }

  @Test
  void aCompleteCheckpointIsNeverWrittenAgain() throws IOException {
    write(store(CONFIGURATION), 10, CONFIGURATION);

    write(store(CONFIGURATION), 10, 4, CONFIGURATION);
    assertThatThrownBy(() -> store(CONFIGURATION).commit(States.of(10), "{}", 4))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("step-00000010-g4': it is already complete");
    assertThat(store(CONFIGURATION).newest().orElseThrow().verify().step()).isEqualTo(10);
  }

  @Test
  void aFileThatTheDriverDoesNotSeePreventsTheCommit() throws IOException {
    CheckpointFile elsewhere = new CheckpointFile("model.safetensors", "a".repeat(64));

    assertThatThrownBy(() -> store(CONFIGURATION).commit(States.of(5, elsewhere), "{}", 0))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("step-00000005': the driver does not see 'model.safetensors'")
        .hasMessageContaining("file system that driver and executors share");
    assertThat(store(CONFIGURATION).newest()).isEmpty();
  }

  @Test
  void retentionKeepsTheNewest() throws IOException {
    for (long step = 1; step <= 5; step++) {
      write(store(CONFIGURATION), step * 10, CONFIGURATION);
    }
    CheckpointStore store = store(CONFIGURATION);

    store.applyRetention(0, 0);
    assertThat(store.complete()).hasSize(5);
    store.applyRetention(3, 0);
    assertThat(store.complete()).extracting(Checkpoint::step).containsExactly(30L, 40L, 50L);
    store.applyRetention(1, 0);
    assertThat(names(folder)).containsExactly("step-00000050");
    store.applyRetention(1, 0);
    assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(50);
    assertThatThrownBy(() -> store.applyRetention(-1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> store.applyRetention(0, -1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void retentionKeepsMultiplesForGood() throws IOException {
    for (long step = 1; step <= 7; step++) {
      write(store(CONFIGURATION), step * 10, CONFIGURATION);
    }

    store(CONFIGURATION).applyRetention(2, 30);

    assertThat(store(CONFIGURATION).complete())
        .extracting(Checkpoint::step)
        .containsExactly(30L, 60L, 70L);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsBeingWrittenIsNoCheckpointEvenWithItsMarker(boolean hasRename) throws IOException {
    CheckpointStore store = hasRename ? store(CONFIGURATION) : objects();
    write(store, 10, CONFIGURATION);
    java.nio.file.Path staging = local(store.staging(20, 2));

    copy(folder.resolve("step-00000010"), staging);
    Files.deleteIfExists(staging.resolve(hasRename ? "none" : CheckpointFile.MARKER));

    assertThat(store.newest().orElseThrow().step()).isEqualTo(10);
    assertThatThrownBy(() -> Checkpoint.open(new Path(staging.toString()), CONFIGURATION))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("does not exist or was not finished");
    assertThat(Checkpoints.glob(folder + "/*", CONFIGURATION)).hasSize(1);
    store.sweep(2);
    assertThat(staging).exists();
    store.sweep(3);
    assertThat(names(folder)).containsExactly("step-00000010");
  }

  /** A rank that froze in generation 1 and wakes up after generation 2 has done its step. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRankOfAnEarlierGenerationCannotDamageAnything(boolean hasRename) throws IOException {
    CheckpointStore store = hasRename ? store(CONFIGURATION) : objects();
    Path zombie = store.staging(10, 1);
    writeFiles(zombie, 99);
    store.sweep(2);
    write(store, 10, 2, CONFIGURATION);
    String before = hashes(store);

    writeFiles(zombie, 99);

    assertThat(hashes(store)).isEqualTo(before);
    assertThat(store.complete()).hasSize(1);
    assertThat(store.newest().orElseThrow().verify().directory().getName())
        .isEqualTo(hasRename ? "step-00000010" : "step-00000010-g2");
    store.sweep(3);
    assertThat(names(folder)).hasSize(1);
    assertThat(hashes(store)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStepThatIsDoneAgainIsThatOfTheNewestGeneration(boolean hasRename) throws IOException {
    CheckpointStore store = hasRename ? store(CONFIGURATION) : objects();
    write(store, 10, 0, CONFIGURATION);
    write(store, 10, 12, CONFIGURATION);
    write(store, 10, 3, CONFIGURATION);

    assertThat(store.complete())
        .extracting(checkpoint -> checkpoint.directory().getName())
        .containsExactly("step-00000010-g12");
    assertThat(Checkpoints.glob(folder + "/*", CONFIGURATION))
        .extracting(checkpoint -> checkpoint.directory().getName())
        .containsExactly("step-00000010-g12");
    store.sweep(13);
    assertThat(names(folder)).containsExactly("step-00000010-g12");
  }

  @Test
  void aFileShorterThanItsHeaderSaysPreventsTheCommit() throws IOException {
    CheckpointStore store = store(CONFIGURATION);
    Path staging = store.staging(5, 1);
    CheckpointFile[] files = writeFiles(staging, 5);
    java.nio.file.Path model = local(staging).resolve("model.safetensors");
    Files.write(model, Arrays.copyOf(Files.readAllBytes(model), (int) Files.size(model) - 1));

    assertThatThrownBy(() -> store.commit(States.of(5, files), "{}", 1))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContaining("truncated");
    assertThat(store.newest()).isEmpty();
  }

  @Test
  void whatADeletionHasLeftIsNotInTheWay() throws IOException {
    CheckpointStore store = store(CONFIGURATION);
    write(store, 10, 0, CONFIGURATION);
    Files.delete(folder.resolve("step-00000010/COMMITTED"));

    write(store, 10, 0, CONFIGURATION);

    assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(10);
  }

  @Test
  void damageInAnOldCheckpointDoesNotHideTheNewest() throws IOException {
    write(store(CONFIGURATION), 1, CONFIGURATION);
    write(store(CONFIGURATION), 2, CONFIGURATION);
    Files.writeString(folder.resolve("step-00000001/state.json"), "{}");

    assertThat(store(CONFIGURATION).newest().orElseThrow().step()).isEqualTo(2);
    assertThatThrownBy(() -> store(CONFIGURATION).complete())
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("step-00000001/state.json");
  }

  private CheckpointStore store(Configuration configuration) {
    return new CheckpointStore(new Path(folder.toUri()), configuration);
  }

  /** The same folder, as a store where nothing can be renamed. */
  private CheckpointStore objects() {
    return new CheckpointStore(
        new Path(StoppingFileSystem.SCHEME, "", folder.toString()),
        StoppingFileSystem.stopAfter(Integer.MAX_VALUE));
  }

  private static void write(CheckpointStore store, long step, Configuration configuration)
      throws IOException {
    write(store, step, 0, configuration);
  }

  private static void write(
      CheckpointStore store, long step, int generation, Configuration configuration)
      throws IOException {
    Path directory = store.staging(step, generation);
    boolean isLocal = directory.toUri().getScheme().equals("file");
    CheckpointFile[] files =
        writeFiles(
            directory,
            isLocal || configuration != CONFIGURATION
                ? configuration
                : StoppingFileSystem.stopAfter(Integer.MAX_VALUE),
            step);
    store.commit(States.of(step, files), "{\"step\": " + step + "}", generation);
  }

  private static CheckpointFile[] writeFiles(Path directory, long step) throws IOException {
    return writeFiles(directory, StoppingFileSystem.stopAfter(Integer.MAX_VALUE), step);
  }

  private static CheckpointFile[] writeFiles(Path directory, Configuration configuration, long step)
      throws IOException {
    List<CheckpointFile> files = new ArrayList<>();
    FlatTensors layout = new FlatTensors(List.of(new FlatTensors.Slice("w", List.of(3L), 0)));
    FloatBuffer weights = FloatBuffer.wrap(new float[] {1, 2, step});
    files.add(
        new CheckpointFile(
            CheckpointFile.MODEL,
            layout.write(
                new Path(directory, CheckpointFile.MODEL),
                configuration,
                Map.of(),
                Map.of("", weights))));
    files.add(
        new CheckpointFile(
            "optimizer.safetensors",
            layout.write(
                new Path(directory, "optimizer.safetensors"),
                configuration,
                Map.of(),
                Map.of("exp_avg.", weights, "exp_avg_sq.", weights))));
    for (int rank = 0; rank < 2; rank++) {
      PoolRows rows = new PoolRows(new long[] {rank}, new long[1], new int[1], new byte[4]);
      files.add(PoolFiles.write(directory, configuration, rows).orElseThrow());
    }
    return files.toArray(CheckpointFile[]::new);
  }

  /** What every complete checkpoint is made of, verified. */
  private static String hashes(CheckpointStore store) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Checkpoint checkpoint : store.complete()) {
      text.append(checkpoint).append(checkpoint.verify().state().files()).append('\n');
    }
    return text.toString();
  }

  private static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  private static void copy(java.nio.file.Path from, java.nio.file.Path to) throws IOException {
    Files.createDirectories(to);
    for (String name : names(from)) {
      Files.copy(from.resolve(name), to.resolve(name));
    }
  }

  private static List<String> names(java.nio.file.Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).sorted().toList();
    }
  }
}
