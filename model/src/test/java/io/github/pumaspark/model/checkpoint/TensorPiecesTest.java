package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Segment;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TensorPiecesTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final int LENGTH = 200_064;
  private static final FlatTensors LAYOUT =
      new FlatTensors(
          List.of(
              new FlatTensors.Slice("layers.0.weight", List.of(300L, 500L), 0),
              new FlatTensors.Slice("bias", List.of(5L), 150_000),
              new FlatTensors.Slice("head", List.of(100L, 500L), 150_016)));
  private static final TensorPieces MOMENTS =
      new TensorPieces("optimizer", LAYOUT, List.of("exp_avg.", "exp_avg_sq."));

  @TempDir java.nio.file.Path folder;

  /** Ranks of one world and bucket size write, those of another read. */
  @ParameterizedTest
  @CsvSource({"1,1", "1,3", "2,1", "2,2", "3,2", "2,7", "7,4", "20,3"})
  void everyWorldSizeReadsWhatAnotherWrote(int writers, int readers) throws IOException {
    Checkpoint checkpoint = write(writers, new Buckets(LENGTH, 48_000));
    Buckets buckets = new Buckets(LENGTH, writers == readers ? 48_000 : 62_400);

    for (int rank = 0; rank < readers; rank++) {
      List<Segment> segments = buckets.owned(rank, readers);
      FloatBuffer first = concatenation(segments, 0);
      FloatBuffer second = concatenation(segments, 0.5f);
      FloatBuffer firstRead = FloatBuffer.allocate(first.limit());
      FloatBuffer secondRead = FloatBuffer.allocate(first.limit());

      MOMENTS.read(checkpoint, segments, Map.of("exp_avg.", firstRead, "exp_avg_sq.", secondRead));

      assertThat(firstRead).isEqualTo(first);
      assertThat(secondRead).isEqualTo(second);
    }
  }

  @Test
  void aFileHoldsPiecesByTensorAndElement() throws IOException {
    Checkpoint checkpoint = write(2, new Buckets(LENGTH, 160_000));

    assertThat(
            Safetensors.tensors(
                checkpoint.file("optimizer-00001-of-00002.safetensors"), CONFIGURATION))
        .filteredOn(info -> info.name().startsWith("exp_avg."))
        .containsExactlyInAnyOrder(
            TensorInfo.of("exp_avg.layers.0.weight@80000", TensorType.F32, 70_000),
            TensorInfo.of("exp_avg.bias@0", TensorType.F32, 5),
            TensorInfo.of("exp_avg.head@0", TensorType.F32, 9_984),
            TensorInfo.of("exp_avg.head@30016", TensorType.F32, 19_984));
  }

  @Test
  void aReaderOpensOnlyTheFilesThatHaveSomethingForItInFull() throws IOException {
    Buckets buckets = new Buckets(LENGTH, LENGTH);
    Checkpoint checkpoint = write(2, buckets);
    alter("optimizer-00001-of-00002.safetensors", -1);
    List<Segment> own = buckets.owned(0, 2);
    FloatBuffer first = FloatBuffer.allocate(LENGTH);

    MOMENTS.read(checkpoint, own, Map.of("exp_avg.", first));

    assertThat(first.slice(0, 99_000)).isEqualTo(concatenation(own, 0).slice(0, 99_000));
    assertThatThrownBy(
            () -> MOMENTS.read(checkpoint, buckets.owned(1, 2), Map.of("exp_avg.", first)))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("optimizer-00001-of-00002.safetensors': SHA-256 ")
        .hasMessageContaining("Delete the directory '")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void aWholeFileOfAnOlderBuildIsRead() throws IOException {
    Path staging = store().staging(5, 0);
    FloatBuffer all = concatenation(List.of(new Segment(0, LENGTH)), 0);
    String sha256 =
        LAYOUT.write(
            new Path(staging, "optimizer.safetensors"),
            CONFIGURATION,
            Map.of(),
            Map.of("exp_avg.", all, "exp_avg_sq.", all));
    Checkpoint checkpoint = commit(new CheckpointFile("optimizer.safetensors", sha256));
    List<Segment> segments = new Buckets(LENGTH, 64_000).owned(1, 3);
    FloatBuffer found = FloatBuffer.allocate(LENGTH);

    MOMENTS.read(checkpoint, segments, Map.of("exp_avg_sq.", found));

    FloatBuffer expected = concatenation(segments, 0);
    assertThat(found.slice(0, expected.limit())).isEqualTo(expected);
  }

  @Test
  void elementsThatAreStoredNowhereAreNamed() throws IOException {
    Checkpoint checkpoint =
        commit(
            share(0, 2, List.of(new Segment(0, 100_000))),
            share(1, 2, List.of(new Segment(100_016, LENGTH))));

    assertCorrupt(
        checkpoint,
        "optimizer-00001-of-00002.safetensors",
        "elements [100000, 100016) of tensor 'exp_avg.layers.0.weight' are stored nowhere");
  }

  @Test
  void elementsThatAreStoredTwiceAreNamed() throws IOException {
    Checkpoint checkpoint =
        commit(
            share(0, 2, List.of(new Segment(0, 150_016))),
            share(1, 2, List.of(new Segment(150_000, LENGTH))));

    assertCorrupt(
        checkpoint,
        "optimizer-00001-of-00002.safetensors",
        "elements [0, 5) of tensor 'exp_avg.bias' are stored twice");
  }

  @Test
  void aTensorWithoutItsEndIsNamed() throws IOException {
    Checkpoint checkpoint = commit(share(0, 1, List.of(new Segment(0, LENGTH - 64))));

    assertCorrupt(
        checkpoint,
        "optimizer-00000-of-00001.safetensors",
        "elements [49984, 50000) of tensor 'exp_avg.head' are stored nowhere");
  }

  @Test
  void aMissingShareIsNamed() throws IOException {
    Checkpoint two =
        commit(
            share(0, 3, List.of(new Segment(0, 100_000))),
            share(2, 3, List.of(new Segment(100_000, LENGTH))));

    assertCorrupt(two, "optimizer-00000-of-00003.safetensors", "2 files of its kind");
  }

  @Test
  void aCheckpointWithoutMomentsIsNamed() throws IOException {
    assertCorrupt(
        commit(), "optimizer.safetensors", "the checkpoint has no such file, whole or in shares");
  }

  @Test
  void aPieceOfAnotherNetworkIsNamed() throws IOException {
    Path staging = store().staging(5, 0);
    String name = "optimizer-00000-of-00001.safetensors";
    for (String tensor :
        List.of("exp_avg.head@49999", "exp_avg.tail@0", "head@0", "exp_avg.head@x")) {
      String sha256 =
          Safetensors.write(
              new Path(staging, name),
              CONFIGURATION,
              Map.of(),
              List.of(TensorSource.of(tensor, FloatBuffer.allocate(2), 2)));
      Checkpoint checkpoint = commit(new CheckpointFile(name, sha256));

      assertCorrupt(checkpoint, name, "tensor '" + tensor + "', F32 [2], is no piece of a tensor");
      staging.getFileSystem(CONFIGURATION).delete(checkpoint.directory(), true);
    }
  }

  @Test
  void aDeletedFileIsNamed() throws IOException {
    Checkpoint checkpoint = write(2, new Buckets(LENGTH, LENGTH));
    Files.delete(folder.resolve("step-00000005/optimizer-00000-of-00002.safetensors"));

    assertCorrupt(checkpoint, "optimizer-00000-of-00002.safetensors", "it is missing");
  }

  private static void assertCorrupt(Checkpoint checkpoint, String file, String reason) {
    assertThatThrownBy(
            () ->
                MOMENTS.read(
                    checkpoint,
                    List.of(new Segment(0, 16)),
                    Map.of("exp_avg.", FloatBuffer.allocate(16))))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("/" + file + "': ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  private void alter(String name, int at) throws IOException {
    java.nio.file.Path file = folder.resolve("step-00000005").resolve(name);
    byte[] bytes = Files.readAllBytes(file);
    bytes[Math.floorMod(at, bytes.length)] ^= 1;
    Files.write(file, bytes);
  }

  private Checkpoint write(int worldSize, Buckets buckets) throws IOException {
    List<CheckpointFile> files = new ArrayList<>();
    for (int rank = 0; rank < worldSize; rank++) {
      files.add(share(rank, worldSize, buckets.owned(rank, worldSize)));
    }
    return commit(files.toArray(CheckpointFile[]::new));
  }

  private CheckpointFile share(int rank, int worldSize, List<Segment> segments) throws IOException {
    return MOMENTS.write(
        store().staging(5, 0),
        CONFIGURATION,
        rank,
        worldSize,
        segments,
        Map.of(
            "exp_avg.", concatenation(segments, 0), "exp_avg_sq.", concatenation(segments, 0.5f)));
  }

  private Checkpoint commit(CheckpointFile... files) throws IOException {
    return store().commit(States.of(5, files), "{}", 0);
  }

  private CheckpointStore store() {
    return new CheckpointStore(new Path(folder.toUri()), CONFIGURATION);
  }

  /** The values of some segments, each its number in the flat buffer, and zeros between tensors. */
  private static FloatBuffer concatenation(List<Segment> segments, float add) {
    FloatBuffer values = FloatBuffer.allocate(segments.stream().mapToInt(Segment::size).sum());
    for (Segment segment : segments) {
      for (int i = segment.start(); i < segment.end(); i++) {
        boolean isGap = i >= 150_005 && i < 150_016 || i >= 200_016;
        values.put(isGap ? 0 : i + add);
      }
    }
    return values.flip();
  }
}
