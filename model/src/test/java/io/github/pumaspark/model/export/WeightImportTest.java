package io.github.pumaspark.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.checkpoint.TensorInfo;
import io.github.pumaspark.model.checkpoint.TensorSource;
import io.github.pumaspark.model.checkpoint.TensorType;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WeightImportTest {
  private static final NetworkConfig REFERENCE =
      Exports.network(2, false, false, NetworkProfile.REFERENCE);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "4, false, false, DEFAULT",
    "1, true, true, DEFAULT",
    "2, false, true, REFERENCE",
    "4, true, false, REFERENCE"
  })
  void exportAndImportGiveTheSameBytes(
      int keyValueHeads, boolean tied, boolean causal, NetworkProfile profile) throws IOException {
    NetworkConfig network = Exports.network(keyValueHeads, tied, causal, profile);
    Checkpoint checkpoint = Exports.checkpoint(directory.resolve("run"), network, false);
    Path export = directory.resolve("export");
    new HfExport(checkpoint, network, WeightChoice.BEST, Exports.CONFIGURATION)
        .write(Exports.hadoop(export));

    WeightSource source = WeightSource.hf(Exports.hadoop(export), Exports.CONFIGURATION);
    Checkpoint imported = write(source, sized(network));

    assertThat(Exports.local(imported.file(CheckpointFile.MODEL)))
        .hasSameBinaryContentAs(Exports.local(checkpoint.file(CheckpointFile.MODEL)));
    assertThat(imported.verify().step()).isZero();
    assertThat(imported.state().lineage().parentRun()).isEqualTo("run-1");
    assertThat(imported.state().lineage().parentCheckpoint()).endsWith("export/model.safetensors");
    assertThat(source.tokenizer()).contains(Exports.TOKENIZER);
    assertThat(source.sequenceLength()).hasValue(Exports.LENGTH);
    assertThat(source.settings())
        .containsEntry("network.key-value-heads", "" + keyValueHeads)
        .containsEntry("network.tied-head", "" + tied)
        .containsEntry("network.causal", "" + causal)
        .containsEntry("network.vocab-size", "8");
  }

  /** The names are written out here once more: a slip in the table must not cancel out. */
  @Test
  void referenceNamesLeadToOurTensors() throws IOException {
    Path file = referenceFile(REFERENCE, List.of());

    WeightSource source = reference(file);
    Checkpoint imported = write(source, sized(REFERENCE));

    Map<String, Safetensors.Tensor> theirs = read(file);
    Map<String, Safetensors.Tensor> ours = read(Exports.local(imported.file(CheckpointFile.MODEL)));
    assertThat(ours).hasSameSizeAs(theirs);
    String[][] pairs = {
      {"model.embed_tokens.weight", "emb.weight"},
      {"model.layers.1.input_layernorm.weight", "layers.1.attn_norm.weight"},
      {"model.layers.0.self_attn.q_proj.weight", "layers.0.attn.q_proj.weight"},
      {"model.layers.0.self_attn.k_proj.bias", "layers.0.attn.k_proj.bias"},
      {"model.layers.1.self_attn.o_proj.bias", "layers.1.attn.o_proj.bias"},
      {"model.layers.1.post_attention_layernorm.weight", "layers.1.mlp_norm.weight"},
      {"model.layers.1.mlp.up_proj.weight", "layers.1.mlp.w1.weight"},
      {"model.layers.1.mlp.gate_proj.weight", "layers.1.mlp.w2.weight"},
      {"model.layers.1.mlp.down_proj.weight", "layers.1.mlp.w3.weight"},
      {"model.norm.weight", "final_norm.weight"},
      {"lm_head.weight", "lm_head.weight"},
    };
    for (String[] pair : pairs) {
      assertThat(ours.get(pair[0]).data()).as(pair[0]).isEqualTo(theirs.get(pair[1]).data());
    }
    assertThat(source.settings())
        .containsEntry("network.vocab-size", "8")
        .containsEntry("network.width", "16")
        .containsEntry("network.layers", "2")
        .containsEntry("network.key-value-heads", "2")
        .containsEntry("network.feed-forward-width", "24")
        .containsEntry("network.tied-head", "false")
        .containsEntry("network.profile", "reference");
  }

  @Test
  void tiedHeadMayBeThereTwiceIfItIsEqual() throws IOException {
    NetworkConfig tied = Exports.network(4, true, false, NetworkProfile.REFERENCE);
    Path file = referenceFile(tied, List.of());
    FloatBuffer embedding = read(file).get("emb.weight").data().asFloatBuffer();
    Path both = referenceFile(tied, List.of(TensorSource.of("lm_head.weight", embedding, 8, 16)));

    WeightSource source = reference(both);
    Checkpoint imported = write(source, sized(tied));

    assertThat(source.settings()).containsEntry("network.tied-head", "false");
    assertThat(read(Exports.local(imported.file(CheckpointFile.MODEL))))
        .doesNotContainKey("lm_head.weight")
        .hasSize(ParameterTable.of(tied, 8).entries().size());
    Path other =
        referenceFile(
            tied, List.of(TensorSource.of("lm_head.weight", FloatBuffer.allocate(128), 8, 16)));
    Path elsewhere = directory.resolve("elsewhere");
    assertThatThrownBy(
            () ->
                new WeightImport(reference(other), sized(tied), Exports.CONFIGURATION)
                    .write(Exports.hadoop(elsewhere), "{}", "x", Exports.TOKENIZER, 4, "test"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("tensor 'lm_head.weight' is not equal to 'emb.weight'");
    assertThat(elsewhere).doesNotExist();
  }

  @Test
  void namesCanBeGivenInAFile() throws IOException {
    Path map = directory.resolve("names.txt");
    Files.writeString(
        map,
        "# mine\nmodel.norm.weight = last.weight\nmodel.layers.*.mlp.up_proj.weight = b.*.up\n");

    TensorNames names = TensorNames.reference().with(Exports.hadoop(map), Exports.CONFIGURATION);

    assertThat(names.theirs("model.norm.weight")).isEqualTo("last.weight");
    assertThat(names.theirs("model.layers.11.mlp.up_proj.weight")).isEqualTo("b.11.up");
    assertThat(names.theirs("model.layers.11.mlp.gate_proj.weight"))
        .isEqualTo("layers.11.mlp.w2.weight");
    Files.writeString(map, "a = b\nmodel.layers.*.x = y\n");
    assertThatThrownBy(
            () -> TensorNames.reference().with(Exports.hadoop(map), Exports.CONFIGURATION))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Invalid line 2 in '");
  }

  @Test
  void wrongTensorsAreNamedAndNothingIsWritten() throws IOException {
    Path file = referenceFile(REFERENCE, List.of(TensorSource.of("rope.cos", new int[] {1}, 1)));
    assertRefused(() -> importReference(file), "1 unexpected: 'rope.cos'");

    Path missing =
        referenceFile(REFERENCE, List.of(), "layers.1.attn.o_proj.bias", "final_norm.weight");
    assertRefused(
        () -> importReference(missing),
        "2 missing: 'layers.1.attn.o_proj.bias', 'final_norm.weight'");

    Path misshapen =
        referenceFile(
            REFERENCE,
            List.of(TensorSource.of("final_norm.weight", FloatBuffer.allocate(4), 4)),
            "final_norm.weight");
    assertRefused(() -> importReference(misshapen), "'final_norm.weight' is F32 [4], not F32 [16]");

    Path half =
        referenceFile(
            REFERENCE,
            List.of(
                TensorSource.of(
                    TensorInfo.of("final_norm.weight", TensorType.BF16, 16),
                    ByteBuffer.allocate(32))),
            "final_norm.weight");
    assertRefused(() -> importReference(half), "'final_norm.weight' is BF16 [16], not F32 [16]");

    Path noEmbedding = referenceFile(REFERENCE, List.of(), "emb.weight");
    assertRefused(() -> importReference(noEmbedding), "tensor 'emb.weight' is missing");
  }

  @Test
  void truncatedTensorIsNamedAndNothingIsWritten() throws IOException {
    Path file = referenceFile(REFERENCE, List.of());
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 8));

    assertThatThrownBy(() -> importReference(file))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageContaining("theirs.safetensors': tensor 'lm_head.weight' ends at data byte");
    assertThat(directory.resolve("imported")).doesNotExist();
  }

  @Test
  void headsThatDoNotFitAreAMistake() throws IOException {
    Path file = referenceFile(REFERENCE, List.of());

    assertThatThrownBy(
            () ->
                WeightSource.reference(
                    Exports.hadoop(file), TensorNames.reference(), 3, Exports.CONFIGURATION))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Invalid network.heads: 3 (must divide the width 16 of tensor");
  }

  @Test
  void checkpointThatIsThereIsLeftAlone() throws IOException {
    Path file = referenceFile(REFERENCE, List.of());
    importReference(file);

    assertThatThrownBy(() -> importReference(file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("'step-00000000' is there already");
  }

  private void assertRefused(ThrowingCallable action, String reason) {
    assertThatThrownBy(action)
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("theirs.safetensors")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
    assertThat(directory.resolve("imported")).doesNotExist();
  }

  private Checkpoint importReference(Path file) throws IOException {
    return write(reference(file), sized(REFERENCE));
  }

  private static WeightSource reference(Path file) throws IOException {
    return WeightSource.reference(
        Exports.hadoop(file), TensorNames.reference(), 4, Exports.CONFIGURATION);
  }

  private Checkpoint write(WeightSource source, NetworkConfig network) throws IOException {
    return new WeightImport(source, network, Exports.CONFIGURATION)
        .write(
            Exports.hadoop(directory.resolve("imported")),
            "{}",
            "imported",
            Exports.TOKENIZER,
            Exports.LENGTH,
            "test");
  }

  private static NetworkConfig sized(NetworkConfig config) {
    return new NetworkConfig(
        Exports.TOKENIZER.vocabSize(),
        0,
        config.width(),
        config.layers(),
        config.heads(),
        config.keyValueHeads(),
        config.feedForwardWidth(),
        config.ropeBase(),
        config.normEpsilon(),
        config.tiedHead(),
        config.causal(),
        config.dropout(),
        config.initStd(),
        config.profile());
  }

  /** A file as the reference implementation would save it, with some tensors replaced. */
  private Path referenceFile(NetworkConfig network, List<TensorSource> added, String... removed)
      throws IOException {
    ParameterTable table = ParameterTable.of(network, Exports.TOKENIZER.vocabSize());
    FloatBuffer weights = Exports.weights(table, 3);
    List<TensorSource> tensors = new ArrayList<>(added);
    for (ParameterTable.Entry entry : table.entries()) {
      String name = referenceName(entry.name());
      if (!List.of(removed).contains(name)) {
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        tensors.add(TensorSource.of(name, weights.slice(entry.offset(), entry.elements()), shape));
      }
    }
    Path file = directory.resolve("theirs.safetensors");
    Safetensors.write(Exports.hadoop(file), Exports.CONFIGURATION, Map.of(), tensors);
    return file;
  }

  private static String referenceName(String ours) {
    return ours.replace("model.embed_tokens.", "emb.")
        .replace("model.norm.", "final_norm.")
        .replace("model.layers.", "layers.")
        .replace("input_layernorm", "attn_norm")
        .replace("post_attention_layernorm", "mlp_norm")
        .replace("self_attn", "attn")
        .replace("up_proj", "w1")
        .replace("gate_proj", "w2")
        .replace("down_proj", "w3");
  }

  private static Map<String, Safetensors.Tensor> read(Path file) throws IOException {
    return Safetensors.read(Exports.hadoop(file), Exports.CONFIGURATION).tensors();
  }
}
