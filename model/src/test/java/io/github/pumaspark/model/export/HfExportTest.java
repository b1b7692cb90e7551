package io.github.pumaspark.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HfExportTest {
  @TempDir private Path directory;
  private Checkpoint checkpoint;
  private Path out;

  @BeforeEach
  void writeCheckpoint() throws IOException {
    checkpoint = Exports.checkpoint(directory.resolve("checkpoints"), Exports.PLAIN, true);
    out = directory.resolve("export");
  }

  @Test
  void weightsAreTheCheckpointsFileByteByByte() throws IOException {
    export(WeightChoice.RAW).write(Exports.hadoop(out));

    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(Exports.local(checkpoint.file(CheckpointFile.MODEL)));
    assertThat(
            Safetensors.read(
                    Exports.hadoop(out.resolve("model.safetensors")), Exports.CONFIGURATION)
                .metadata())
        .containsEntry("format", "pt");
  }

  @Test
  void averageIsTakenUnlessTheWeightsAreAskedFor() throws IOException {
    export(WeightChoice.BEST).write(Exports.hadoop(out));

    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(Exports.local(checkpoint.file("ema.safetensors")));
    assertThat(config().at("/puma_lineage/weights").asText()).isEqualTo("ema");
  }

  /** An average that ranks keep in shares is exported as if one had kept it. */
  @Test
  void averageInSharesIsPutTogether() throws IOException {
    Checkpoint shares = Exports.sharded(directory.resolve("shares"), Exports.PLAIN);

    new HfExport(shares, Exports.PLAIN, WeightChoice.BEST, Exports.CONFIGURATION)
        .write(Exports.hadoop(out));

    assertThat(out.resolve("model.safetensors"))
        .hasSameBinaryContentAs(Exports.local(checkpoint.file("ema.safetensors")));
    assertThat(config().at("/puma_lineage/weights").asText()).isEqualTo("ema");
    assertThat(config().at("/puma_lineage/weights_sha256").asText())
        .isEqualTo(checkpoint.state().files().get("ema.safetensors"));
    assertThat(WeightChoice.BEST.filesOf(shares).sha256())
        .isNotEqualTo(WeightChoice.RAW.filesOf(shares).sha256())
        .hasSize(64);
  }

  @Test
  void averageThatIsNotThereIsOneLine() throws IOException {
    Checkpoint plain = Exports.checkpoint(directory.resolve("plain"), Exports.PLAIN, false);

    assertThat(WeightChoice.BEST.filesOf(plain).names()).containsExactly(CheckpointFile.MODEL);
    assertThatThrownBy(() -> WeightChoice.EMA.filesOf(plain))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it has none (trained with optimizer.ema-decay = 0)");
  }

  @Test
  void configurationHasTransformersNames() throws IOException {
    export(WeightChoice.RAW).write(Exports.hadoop(out));

    JsonNode config = config();
    assertThat(config.path("vocab_size").asInt()).isEqualTo(8);
    assertThat(config.path("hidden_size").asInt()).isEqualTo(16);
    assertThat(config.path("num_key_value_heads").asInt()).isEqualTo(2);
    assertThat(config.path("max_position_embeddings").asInt()).isEqualTo(12);
    assertThat(config.path("tie_word_embeddings").asBoolean(true)).isFalse();
    assertThat(config.at("/auto_map/AutoModel").asText()).isEqualTo("modeling_puma.PumaDenoiser");
    assertThat(config.at("/puma_lineage/run_id").asText()).isEqualTo("run-1");
    assertThat(config.at("/puma_lineage/step").asInt()).isEqualTo(7);
  }

  @Test
  void cardTellsTheLineage() throws IOException {
    export(WeightChoice.RAW).write(Exports.hadoop(out));

    assertThat(Files.readString(out.resolve("README.md")))
        .contains("# puma, step 7")
        .contains("`run-1`")
        .contains("d".repeat(64))
        .contains(Exports.TOKENIZER.sha256())
        .contains("0.1.0+abcdef0")
        .contains("7,000")
        .contains("PumaDenoiser.from_directory");
  }

  @Test
  void sameExportAgainChangesNothing() throws IOException {
    assertThat(export(WeightChoice.RAW).write(Exports.hadoop(out)))
        .isEqualTo(HfExport.Outcome.WRITTEN);
    assertThat(export(WeightChoice.RAW).write(Exports.hadoop(out)))
        .isEqualTo(HfExport.Outcome.ALREADY_THERE);
    assertThat(Exports.names(directory)).containsExactly("checkpoints", "export");
  }

  @Test
  void emptyDirectoryIsFilled() throws IOException {
    Files.createDirectories(out);

    export(WeightChoice.RAW).write(Exports.hadoop(out));

    assertThat(Exports.names(out))
        .containsExactly(
            "README.md",
            "config.json",
            "configuration_puma.py",
            "model.safetensors",
            "modeling_puma.py",
            "tokenizer_spec.json");
    assertThat(Exports.names(directory)).containsExactly("checkpoints", "export");
  }

  @Test
  void directoryWithAnythingElseIsLeftAlone() throws IOException {
    export(WeightChoice.RAW).write(Exports.hadoop(out));

    assertThatThrownBy(() -> export(WeightChoice.EMA).write(Exports.hadoop(out)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it is not empty, and its '")
        .hasMessageContaining("' is not of this export");
    Files.delete(out.resolve("README.md"));
    assertThatThrownBy(() -> export(WeightChoice.RAW).write(Exports.hadoop(out)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it has no 'README.md'");
    assertThat(config().at("/puma_lineage/weights").asText()).isEqualTo("raw");
  }

  @Test
  void alteredWeightsLeaveNothingBehind() throws IOException {
    Path file = Exports.local(checkpoint.file(CheckpointFile.MODEL));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);

    assertThatThrownBy(() -> export(WeightChoice.RAW).write(Exports.hadoop(out)))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("model.safetensors': SHA-256")
        .message()
        .doesNotContain("\n");
    assertThatThrownBy(() -> export(WeightChoice.RAW).check(Exports.hadoop(out)))
        .isInstanceOf(CorruptCheckpointException.class);
    assertThat(Exports.names(directory)).containsExactly("checkpoints");
  }

  @Test
  void truncatedTensorIsNamed() throws IOException {
    Path file = Exports.local(checkpoint.file(CheckpointFile.MODEL));
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 4));

    assertThatThrownBy(() -> export(WeightChoice.RAW))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("model.safetensors': tensor 'model.norm.weight' ends at data byte")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void checkWritesNothing() throws IOException {
    assertThat(export(WeightChoice.RAW).check(Exports.hadoop(out))).contains("config.json");
    assertThat(out).doesNotExist();
  }

  private HfExport export(WeightChoice weights) throws IOException {
    return new HfExport(checkpoint, Exports.PLAIN, weights, Exports.CONFIGURATION);
  }

  private JsonNode config() throws IOException {
    return new ObjectMapper().readTree(out.resolve("config.json").toFile());
  }
}
