package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.masking.PoolRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PoolFilesTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final int LENGTH = 4;
  private static final int ROWS = 24;

  @TempDir java.nio.file.Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void contiguousRowsOfAnyWorldSizeComeBackInOrder(int worldSize) throws IOException {
    List<PoolRows> parts = new ArrayList<>();
    for (int rank = worldSize - 1; rank >= 0; rank--) {
      parts.add(rows(rank * ROWS / worldSize, 1, ROWS / worldSize));
    }

    assertAll(write(parts));
  }

  @Test
  void interleavedRowsComeBackInOrder() throws IOException {
    assertAll(write(List.of(rows(1, 2, ROWS / 2), rows(0, 2, ROWS / 2))));
  }

  @Test
  void aFileIsNamedForItsFirstRowAndCount() throws IOException {
    assertThat(PoolFiles.write(directory(), CONFIGURATION, rows(16, 1, 8)))
        .map(CheckpointFile::name)
        .contains("pool-0000000016-8.safetensors");
  }

  @Test
  void aStrategyWithoutAPoolLeavesNoFile() throws IOException {
    assertThat(PoolFiles.write(directory(), CONFIGURATION, PoolRows.empty())).isEmpty();

    PoolRows none = PoolFiles.read(write(List.of()));
    assertThat(none.ids()).isEmpty();
    assertThat(none.revealed()).isEmpty();
  }

  @Test
  void aRowThatOccursTwiceIsNamed() throws IOException {
    Checkpoint checkpoint = write(List.of(rows(0, 1, 8), rows(7, 1, 8)));

    assertThatThrownBy(() -> PoolFiles.read(checkpoint))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessage(
            "Cannot read checkpoint file '%s': pool row 7 occurs twice"
                .formatted(checkpoint.file("pool-0000000007-8.safetensors")));
  }

  @Test
  void rowsOfAnotherLengthThanTheSequencesAreRefused() throws IOException {
    PoolRows shorter = new PoolRows(new long[] {3}, new long[] {0}, new int[] {0}, new byte[3]);
    Checkpoint checkpoint = write(List.of(shorter));

    assertThatThrownBy(() -> PoolFiles.read(checkpoint))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("pool-0000000003-1.safetensors")
        .hasMessageContaining("tensor 'revealed' must be U8 [1, 4], found U8 [1, 3]");
  }

  @Test
  void aFileWithoutItsTensorsIsRefused() throws IOException {
    String name = "pool-0000000000-1.safetensors";
    Path file = new Path(directory(), name);
    String sha256 =
        Safetensors.write(
            file, CONFIGURATION, Map.of(), List.of(TensorSource.of("ids", new int[1], 1)));
    Checkpoint checkpoint = commit(new CheckpointFile(name, sha256));

    assertThatThrownBy(() -> PoolFiles.read(checkpoint))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("tensor 'ids' must be I64 [1], found I32 [1]");
  }

  @Test
  void rowsOutOfOrderAreNotWritten() {
    PoolRows rows = new PoolRows(new long[] {4, 4}, new long[2], new int[2], new byte[2 * LENGTH]);

    assertThatThrownBy(() -> PoolFiles.write(directory(), CONFIGURATION, rows))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid pool rows: ids must ascend at index 1");
  }

  /** Rows whose values are formulas of their id. */
  private static PoolRows rows(int first, int stride, int count) {
    PoolRows rows =
        new PoolRows(new long[count], new long[count], new int[count], new byte[count * LENGTH]);
    for (int i = 0; i < count; i++) {
      long id = first + (long) i * stride;
      rows.ids()[i] = id;
      rows.positions()[i] = id * 1_000_000_007L;
      rows.phases()[i] = (int) (id % 6);
      for (int position = 0; position < LENGTH; position++) {
        rows.revealed()[i * LENGTH + position] = (byte) (id >> position & 1);
      }
    }
    return rows;
  }

  private static void assertAll(Checkpoint checkpoint) throws IOException {
    PoolRows found = PoolFiles.read(checkpoint);
    PoolRows expected = rows(0, 1, ROWS);
    assertThat(found.ids()).isEqualTo(expected.ids());
    assertThat(found.positions()).isEqualTo(expected.positions());
    assertThat(found.phases()).isEqualTo(expected.phases());
    assertThat(found.revealed()).isEqualTo(expected.revealed());
  }

  private Checkpoint write(List<PoolRows> parts) throws IOException {
    List<CheckpointFile> files = new ArrayList<>();
    for (PoolRows part : parts) {
      PoolFiles.write(directory(), CONFIGURATION, part).ifPresent(files::add);
    }
    return commit(files.toArray(CheckpointFile[]::new));
  }

  private Checkpoint commit(CheckpointFile... files) throws IOException {
    return store().commit(States.of(1, files), "{}", 0);
  }

  private Path directory() throws IOException {
    return store().staging(1, 0);
  }

  private CheckpointStore store() {
    return new CheckpointStore(new Path(folder.toUri()), CONFIGURATION);
  }
}
