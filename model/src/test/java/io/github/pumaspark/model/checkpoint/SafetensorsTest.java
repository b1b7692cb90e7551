package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SafetensorsTest {
  /**
   * Typed from the format's description: header length, header, then 2 longs, 3 floats, 2 bytes.
   */
  private static final String FIXTURE_HEADER =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"steps\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
          + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[16,28]},"
          + "\"flags\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[28,30]}}";

  private static final byte[] FIXTURE_DATA = {
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0, // 1
    -2,
    -1,
    -1,
    -1,
    -1,
    -1,
    -1,
    -1, // -2
    0,
    0,
    -128,
    63, // 1.0
    0,
    0,
    0,
    -64, // -2.0
    0,
    0,
    32,
    65, // 10.0
    7,
    -1 // 7, 255
  };

  private static final Configuration CONFIGURATION = new Configuration(false);

  @TempDir java.nio.file.Path folder;

  @Test
  void aFileTypedByHandIsRead() throws IOException {
    Safetensors.Content content = Safetensors.read(fixture(), CONFIGURATION);

    assertThat(content.metadata()).containsExactly(Map.entry("format", "pt"));
    assertThat(content.tensors().values().stream().map(Safetensors.Tensor::info))
        .containsExactly(
            TensorInfo.of("steps", TensorType.I64, 2),
            TensorInfo.of("w", TensorType.F32, 1, 3),
            TensorInfo.of("flags", TensorType.U8, 2));
    ByteBuffer steps = data(content, "steps");
    assertThat(List.of(steps.getLong(), steps.getLong())).containsExactly(1L, -2L);
    ByteBuffer w = data(content, "w");
    assertThat(List.of(w.getFloat(), w.getFloat(), w.getFloat())).containsExactly(1f, -2f, 10f);
    ByteBuffer flags = data(content, "flags");
    assertThat(List.of(flags.get(), flags.get())).containsExactly((byte) 7, (byte) 255);
  }

  @Test
  void theSameTensorsAreWrittenAsTheFileTypedByHand() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    Safetensors.write(
        out,
        Map.of(),
        List.of(
            TensorSource.of("flags", new byte[] {7, -1}, 2),
            TensorSource.of("w", FloatBuffer.wrap(new float[] {1, -2, 10}), 1, 3),
            TensorSource.of("steps", new long[] {1, -2}, 2)));

    assertThat(out.toByteArray())
        .isEqualTo(Files.readAllBytes(folder.resolve(fixture().getName())));
  }

  @ParameterizedTest
  @EnumSource
  void everyTypeSurvivesARoundTrip(TensorType type) throws IOException {
    long seed = 11 + type.ordinal();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<TensorSource> sources = new ArrayList<>();
    List<byte[]> expected = new ArrayList<>();
    // Scalar, empty, odd, and longer than what is converted at once.
    for (long[] shape : new long[][] {{}, {0}, {3, 5, 7}, {300_007}}) {
      TensorInfo info = TensorInfo.of("t" + sources.size(), type, shape);
      byte[] bytes = new byte[(int) info.bytes()];
      random.nextBytes(bytes);
      expected.add(bytes);
      sources.add(TensorSource.of(info, ByteBuffer.wrap(bytes)));
    }
    Path file = file("round-trip.safetensors");

    String sha256 = Safetensors.write(file, CONFIGURATION, Map.of("a", "b"), sources);
    Safetensors.Content content = Safetensors.read(file, CONFIGURATION);

    assertThat(sha256).isEqualTo(Storage.sha256Hex(file, CONFIGURATION));
    assertThat(content.metadata()).containsOnly(Map.entry("a", "b"), Map.entry("format", "pt"));
    assertThat(content.tensors()).hasSize(sources.size());
    for (int i = 0; i < sources.size(); i++) {
      Safetensors.Tensor tensor = content.tensors().get("t" + i);
      assertThat(tensor.info()).isEqualTo(sources.get(i).info());
      assertThat(tensor.data().isDirect()).isTrue();
      assertThat(tensor.data().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      byte[] found = new byte[tensor.data().remaining()];
      tensor.data().get(found);
      assertThat(found).isEqualTo(expected.get(i));
    }
  }

  @Test
  void numbersSurviveARoundTripWhateverTheOrderOfTheirBuffer() throws IOException {
    int count = 100_003;
    FloatBuffer floats =
        ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.BIG_ENDIAN).asFloatBuffer();
    long[] longs = new long[count];
    int[] ints = new int[count];
    for (int i = 0; i < count; i++) {
      floats.put(i, i / 3f - 1000);
      longs[i] = (long) i * i * -100_000;
      ints[i] = -i;
    }
    Path file = file("numbers.safetensors");

    Safetensors.write(
        file,
        CONFIGURATION,
        Map.of(),
        List.of(
            TensorSource.of("floats", floats, count),
            TensorSource.of("longs", longs, count),
            TensorSource.of("ints", ints, count)));

    Safetensors.Content content = Safetensors.read(file, CONFIGURATION);
    assertThat(data(content, "floats").asFloatBuffer()).isEqualTo(floats);
    assertThat(data(content, "longs").asLongBuffer()).isEqualTo(java.nio.LongBuffer.wrap(longs));
    assertThat(data(content, "ints").asIntBuffer()).isEqualTo(java.nio.IntBuffer.wrap(ints));
  }

  @Test
  void dataStartsAlignedAndTheOrderOfTheTensorsGivenDoesNotMatter() throws IOException {
    TensorSource a = TensorSource.of("a\u00e9\n\"", new byte[3], 3);
    TensorSource b = TensorSource.of("b", new int[3], 3);
    TensorSource c = TensorSource.of("c", new byte[1], 1);
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    ByteArrayOutputStream second = new ByteArrayOutputStream();

    Safetensors.write(first, Map.of("x", "1", "y", "2"), List.of(a, b, c));
    Safetensors.write(
        second, new java.util.TreeMap<>(Map.of("y", "2", "x", "1")), List.of(c, b, a));

    assertThat(first.toByteArray()).isEqualTo(second.toByteArray());
    assertThat(first.toByteArray()[0] % 8).isZero();
    Files.write(folder.resolve("names.safetensors"), first.toByteArray());
    assertThat(Safetensors.read(file("names.safetensors"), CONFIGURATION).tensors().keySet())
        .containsExactly("b", "a\u00e9\n\"", "c");
  }

  @Test
  void aFileMayHaveNoTensors() throws IOException {
    Path file = file("none.safetensors");

    Safetensors.write(file, CONFIGURATION, Map.of(), List.of());

    assertThat(Safetensors.read(file, CONFIGURATION).tensors()).isEmpty();
  }

  @Test
  void whatCannotBeWrittenIsRefusedAndLeavesNoFile() {
    Path file = file("refused.safetensors");
    TensorSource tensor = TensorSource.of("w", new int[2], 2);
    TensorSource lying =
        new TensorSource() {
          @Override
          public TensorInfo info() {
            return TensorInfo.of("short", TensorType.U8, 2);
          }

          @Override
          public void writeTo(OutputStream out) throws IOException {
            out.write(1);
          }
        };

    assertThatThrownBy(
            () -> Safetensors.write(file, CONFIGURATION, Map.of(), List.of(tensor, tensor)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("some occur twice: [w, w]");
    assertThatThrownBy(() -> Safetensors.write(file, CONFIGURATION, Map.of(), List.of(lying)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Tensor 'short' wrote 1 bytes instead of 2");
    assertThatThrownBy(() -> TensorSource.of("w", new int[2], 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid data of tensor 'w': 2 elements (shape [3] needs 3)");
    assertThatThrownBy(() -> TensorInfo.of("w", TensorType.F32, 1L << 40, 1L << 40))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Invalid shape of tensor 'w'");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aMissingFileIsNamed() {
    Path file = file("absent.safetensors");

    assertThatThrownBy(() -> Safetensors.read(file, CONFIGURATION))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessage("Cannot read checkpoint file '" + file + "': it is missing");
  }

  private static ByteBuffer data(Safetensors.Content content, String name) {
    Safetensors.Tensor tensor = content.tensors().get(name);
    assertThat(tensor).isNotNull();
    return tensor.data();
  }

  private Path file(String name) {
    return new Path(folder.resolve(name).toUri());
  }

  private Path fixture() throws IOException {
    int padded = (FIXTURE_HEADER.length() + 7) / 8 * 8;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) padded, (byte) (padded >> 8), 0, 0, 0, 0, 0, 0});
    out.write(FIXTURE_HEADER.getBytes(StandardCharsets.US_ASCII));
    out.write(" ".repeat(padded - FIXTURE_HEADER.length()).getBytes(StandardCharsets.US_ASCII));
    out.write(FIXTURE_DATA);
    Files.write(folder.resolve("fixture.safetensors"), out.toByteArray());
    return file("fixture.safetensors");
  }
}
