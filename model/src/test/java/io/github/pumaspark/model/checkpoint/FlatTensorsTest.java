package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FlatTensorsTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  private static final FlatTensors LAYOUT =
      new FlatTensors(
          List.of(
              new FlatTensors.Slice("layers.0.weight", List.of(300L, 500L), 0),
              new FlatTensors.Slice("bias", List.of(5L), 150_016),
              new FlatTensors.Slice("scale", List.of(), 150_032)));

  private static final int LENGTH = 150_048;

  @TempDir java.nio.file.Path folder;

  @Test
  void buffersOfOneLayoutSurviveARoundTripAndGapsAreLeftAlone() throws IOException {
    FloatBuffer first = counting(0);
    FloatBuffer second = counting(0.5f);
    FloatBuffer firstRead = filled(-7);
    FloatBuffer secondRead = filled(-7);

    LAYOUT.write(
        file(), CONFIGURATION, Map.of("k", "v"), Map.of("exp_avg.", first, "exp_avg_sq.", second));
    Map<String, String> metadata =
        LAYOUT.read(
            file(), CONFIGURATION, Map.of("exp_avg.", firstRead, "exp_avg_sq.", secondRead));

    assertThat(metadata).containsEntry("k", "v");
    for (int i = 0; i < LENGTH; i++) {
      boolean gap = i >= 150_000 && i < 150_016 || i >= 150_021 && i != 150_032;
      assertThat(firstRead.get(i)).isEqualTo(gap ? -7 : first.get(i));
      assertThat(secondRead.get(i)).isEqualTo(gap ? -7 : second.get(i));
    }
    assertThat(firstRead.position()).isZero();
  }

  @Test
  void tensorsKeepTheirNamesAndShapesForOtherReaders() throws IOException {
    LAYOUT.write(file(), CONFIGURATION, Map.of(), Map.of("", counting(0)));

    Safetensors.Content content = Safetensors.read(file(), CONFIGURATION);

    assertThat(content.tensors().values().stream().map(Safetensors.Tensor::info))
        .containsExactly(
            TensorInfo.of("bias", TensorType.F32, 5),
            TensorInfo.of("layers.0.weight", TensorType.F32, 300, 500),
            TensorInfo.of("scale", TensorType.F32));
    Safetensors.Tensor bias = content.tensors().get("bias");
    assertThat(bias).isNotNull();
    assertThat(bias.data().getFloat(4 * Float.BYTES)).isEqualTo(150_020f);
  }

  @Test
  void everyTensorThatDoesNotFitIsReportedAtOnceAndNothingIsRead() throws IOException {
    FloatBuffer four = FloatBuffer.wrap(new float[4]);
    Safetensors.write(
        file(),
        CONFIGURATION,
        Map.of(),
        List.of(
            TensorSource.of("bias", four, 2, 2),
            TensorSource.of("scale", new long[1]),
            TensorSource.of("extra.1", four, 4),
            TensorSource.of("extra.2", four, 4)));
    FloatBuffer values = filled(-7);

    assertThatThrownBy(() -> LAYOUT.read(file(), CONFIGURATION, Map.of("", values)))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Cannot load '%s' into this network: 1 missing: 'layers.0.weight';".formatted(file())
                + " 2 unexpected: 'extra.1', 'extra.2'; 2 of another shape:"
                + " 'scale' is I64 [], not F32 [], 'bias' is F32 [2, 2], not F32 [5]."
                + " Use the network settings it was made with.");
    assertThat(values).isEqualTo(filled(-7));
  }

  @Test
  void overlappingSlicesAndShortBuffersAreRefused() {
    FlatTensors.Slice a = new FlatTensors.Slice("a", List.of(4L), 0);
    FlatTensors.Slice b = new FlatTensors.Slice("b", List.of(4L), 3);

    assertThatThrownBy(() -> new FlatTensors(List.of(a, b)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid offset of tensor 'b': 3 (the tensor before it ends at 4)");
    assertThatThrownBy(() -> new FlatTensors.Slice("huge", List.of(1L << 31), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'huge'");
    assertThatThrownBy(
            () ->
                LAYOUT.write(
                    file(), CONFIGURATION, Map.of(), Map.of("", FloatBuffer.wrap(new float[9]))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid buffer: 9 elements (need 150033)");
  }

  private static FloatBuffer counting(float offset) {
    FloatBuffer values = filled(0);
    for (int i = 0; i < LENGTH; i++) {
      values.put(i, i + offset);
    }
    return values;
  }

  private static FloatBuffer filled(float value) {
    FloatBuffer values =
        ByteBuffer.allocateDirect(LENGTH * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < LENGTH; i++) {
      values.put(i, value);
    }
    return values;
  }

  private Path file() {
    return new Path(folder.resolve("model.safetensors").toUri());
  }
}
