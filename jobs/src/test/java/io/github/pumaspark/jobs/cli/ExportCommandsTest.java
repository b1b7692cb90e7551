package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export}, {@code import} and {@code sample --weights}, on a checkpoint with an average. */
final class ExportCommandsTest {
  private static final Configuration CONFIGURATION = new Configuration(false);
  private static final TokenizerSpec TOKENIZER = new SudokuTokenizer(4).spec();
  private static final String BLANK = ".".repeat(16);

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private String checkpoint = "";

  @BeforeEach
  void writeCheckpoint() throws IOException {
    EffectiveConfig config =
        EffectiveConfig.load(
            null,
            List.of(
                "run.name=first",
                "network.width=16",
                "network.layers=1",
                "network.heads=2",
                "network.key-value-heads=1",
                "network.feed-forward-width=24",
                "network.tied-head=true",
                "optimizer.ema-decay=0.99"));
    ParameterTable table = ParameterTable.of(config.values().network(), TOKENIZER.vocabSize());
    CheckpointStore store =
        new CheckpointStore(
            new org.apache.hadoop.fs.Path(directory.resolve("run").toString()), CONFIGURATION);
    org.apache.hadoop.fs.Path made = store.staging(5, 0);
    String model = write(made, CheckpointFile.MODEL, table, 1);
    String average = write(made, "ema.safetensors", table, 2);
    store.commit(
        new TrainState(
            TrainState.SCHEMA_VERSION,
            new TrainState.Lineage("id-1", "first", null, null, "pretrain", 1, "test"),
            new TrainState.Progress(5, 80, 5, 1, 1e-3, 0, List.of(5L)),
            new TrainState.Dataset("0".repeat(64), TOKENIZER.sha256(), TOKENIZER, 16),
            new TrainState.Execution("fp32", 1, 1),
            Map.of(CheckpointFile.MODEL, model, "ema.safetensors", average)),
        config.toJson(),
        0);
    checkpoint = directory.resolve("run/step-00000005").toString();
  }

  @Test
  void importOfAnExportPredictsWhatTheCheckpointDid() throws IOException {
    String raw = sample(checkpoint, "--weights", "raw");
    String averaged = sample(checkpoint);
    assertThat(averaged).isNotEqualTo(raw).isEqualTo(sample(checkpoint, "--weights", "ema"));

    assertThat(run("export", "--checkpoint", checkpoint, "--out", path("hf"))).isZero();
    JsonNode exported = result();
    assertThat(exported.path("weights").asText()).isEqualTo("ema");
    assertThat(exported.path("written").asBoolean()).isTrue();
    assertThat(run("import", "--format", "hf", "--from", path("hf"), "--out", path("back")))
        .isZero();
    String imported = result().path("checkpoint").asText();

    assertThat(imported).endsWith("back/step-00000000");
    assertThat(Path.of(imported, "model.safetensors"))
        .hasSameBinaryContentAs(Path.of(checkpoint, "ema.safetensors"));
    assertThat(sample(imported)).isEqualTo(averaged);
  }

  @Test
  void dryRunsWriteNothing() {
    assertThat(run("export", "--checkpoint", checkpoint, "--out", path("hf"), "--dry-run"))
        .isZero();
    assertThat(directory.resolve("hf")).doesNotExist();

    run("export", "--checkpoint", checkpoint, "--out", path("hf"));
    assertThat(
            run(
                "import",
                "--format",
                "hf",
                "--from",
                path("hf"),
                "--out",
                path("back"),
                "--dry-run"))
        .isZero();
    assertThat(directory.resolve("back")).doesNotExist();
  }

  @Test
  void mistakesAreOneLineEach() throws IOException {
    assertMistake(
        "Invalid --weights: 'x'",
        "export",
        "--checkpoint",
        checkpoint,
        "--out",
        path("hf"),
        "--weights",
        "x");
    assertMistake(
        "Invalid --format: 'onnx'",
        "export",
        "--checkpoint",
        checkpoint,
        "--out",
        path("hf"),
        "--format",
        "onnx");
    assertMistake(
        "it has no 'config.json'",
        "import",
        "--format",
        "hf",
        "--from",
        checkpoint + "x",
        "--out",
        path("back"));
    assertMistake(
        "Missing network.heads",
        "import",
        "--format",
        "puma-reference",
        "--from",
        path("no"),
        "--out",
        path("back"));
    assertMistake(
        "Invalid argument 'train.steps=3'",
        "import",
        "--format",
        "hf",
        "--from",
        path("no"),
        "--out",
        path("back"),
        "train.steps=3");
    run("export", "--checkpoint", checkpoint, "--out", path("hf"));
    Files.delete(directory.resolve("hf/tokenizer_spec.json"));
    assertMistake(
        "Missing --tokenizer",
        "import",
        "--format",
        "hf",
        "--from",
        path("hf"),
        "--out",
        path("back"));
    assertMistake(
        "it has 11 ids, the embedding 'model.embed_tokens.weight' 6 rows",
        "import",
        "--format",
        "hf",
        "--from",
        path("hf"),
        "--out",
        path("back"),
        "--tokenizer",
        "sudoku9");
    assertMistake(
        "'model.layers.0.mlp.gate_proj.weight' is F32 [24, 16], not F32 [32, 16]",
        "import",
        "--format",
        "hf",
        "--from",
        path("hf"),
        "--out",
        path("back"),
        "--tokenizer",
        "sudoku4",
        "network.feed-forward-width=32");
    assertThat(directory.resolve("back")).doesNotExist();
  }

  private void assertMistake(String reason, String... arguments) {
    assertThat(run(arguments)).isEqualTo(2);
    assertThat(err.toString().lines())
        .singleElement()
        .asString()
        .startsWith("puma: error: ")
        .contains(reason);
  }

  private String sample(String from, String... more) {
    String[] arguments = new String[5 + more.length];
    List.of("sample", "--checkpoint", from, "--prompt", BLANK).toArray(arguments);
    System.arraycopy(more, 0, arguments, 5, more.length);
    assertThat(run(arguments)).as(err.toString()).isZero();
    return out.toString();
  }

  private int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Puma.run(
        Puma.commandLine(), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }

  private JsonNode result() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }

  private String path(String name) {
    return directory.resolve(name).toString();
  }

  private static String write(
      org.apache.hadoop.fs.Path into, String name, ParameterTable table, long seed)
      throws IOException {
    Random random = new Random(seed);
    FloatBuffer weights = FloatBuffer.allocate(table.length());
    for (ParameterTable.Entry entry : table.entries()) {
      for (int i = entry.offset(); i < entry.end(); i++) {
        weights.put(i, (float) random.nextGaussian());
      }
    }
    return NetworkFile.layout(table)
        .write(
            new org.apache.hadoop.fs.Path(into, name),
            CONFIGURATION,
            Map.of(),
            Map.of("", weights));
  }
}
