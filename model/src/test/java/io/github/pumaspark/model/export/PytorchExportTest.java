package io.github.pumaspark.model.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.checkpoint.TensorSource;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Exports in real PyTorch. Skipped, with the reason, where neither {@code PUMA_PYTHON} nor {@code
 * python3} is a Python with torch and safetensors; model/README.md has the command that makes one.
 */
@Tag("python")
final class PytorchExportTest {
  private static final String PYTHON = System.getenv().getOrDefault("PUMA_PYTHON", "python3");
  private static final int ROWS = 3;

  @TempDir private Path directory;

  @BeforeEach
  void requirePython() throws Exception {
    Run probe = run("-c", "import torch, safetensors; print(torch.__version__)");
    assumeTrue(
        probe.exitCode == 0,
        () -> "'" + PYTHON + "' has no torch and safetensors; set PUMA_PYTHON: " + probe.output);
  }

  @ParameterizedTest
  @CsvSource({
    "4, false, false, DEFAULT",
    "2, false, false, DEFAULT",
    "1, true, false, DEFAULT",
    "4, false, true, DEFAULT",
    "4, false, false, REFERENCE",
    "2, true, true, REFERENCE"
  })
  void scoresAreThoseOfJava(
      int keyValueHeads,
      boolean tied,
      boolean causal,
      NetworkProfile profile,
      TestReporter reporter)
      throws Exception {
    NetworkConfig network = Exports.network(keyValueHeads, tied, causal, profile);
    Checkpoint checkpoint = Exports.checkpoint(directory.resolve("run"), network, false);
    Path export = directory.resolve("export");
    new HfExport(checkpoint, network, WeightChoice.BEST, Exports.CONFIGURATION)
        .write(Exports.hadoop(export));
    Path scores = directory.resolve("case.safetensors");
    writeScores(checkpoint, network, scores);

    Run script = run("src/test/python/test_export.py", export.toString(), scores.toString());

    reporter.publishEntry("pytorch", script.output);
    assertThat(script.output).startsWith("{");
    JsonNode result = new ObjectMapper().readTree(script.output);
    assertThat(script.exitCode).as(script.output).isZero();
    assertThat(result.path("max_logit").asDouble()).isGreaterThan(0.5);
    assertThat(result.path("ratio").asDouble()).as(script.output).isLessThanOrEqualTo(1e-5);
    assertThat(result.path("segments_matter_by").asDouble()).isGreaterThan(1e-2);
  }

  /** Random rows, two of them packed, with Java's scores of every token but the mask. */
  private static void writeScores(Checkpoint checkpoint, NetworkConfig network, Path file)
      throws IOException {
    int length = Exports.LENGTH;
    int vocabulary = Exports.TOKENIZER.vocabSize();
    int mask = Exports.TOKENIZER.maskId();
    Random random = new Random(11);
    int[] tokens = random.ints(ROWS * length, 0, vocabulary).toArray();
    int[] segments = new int[ROWS * length];
    for (int i = length; i < segments.length; i++) {
      segments[i] = i % length < 5 ? 0 : i / length;
    }
    int[] positions = IntStream.range(0, tokens.length).toArray();
    float[] all = new float[tokens.length * vocabulary];
    try (Predictor predictor =
        NetworkFile.open(
            checkpoint,
            WeightChoice.BEST,
            network,
            vocabulary,
            mask,
            1,
            DeviceChoice.CPU,
            List.of(),
            false)) {
      for (int token = 0; token < vocabulary; token++) {
        if (token != mask) {
          int[] targets = new int[tokens.length];
          Arrays.fill(targets, token);
          float[] scores = predictor.predict(tokens, segments, positions, targets).targetLogProb();
          for (int i = 0; i < scores.length; i++) {
            all[i * vocabulary + token] = scores[i];
          }
        }
      }
    }
    Safetensors.write(
        Exports.hadoop(file),
        Exports.CONFIGURATION,
        Map.of(),
        List.of(
            TensorSource.of("tokens", tokens, ROWS, length),
            TensorSource.of("segments", segments, ROWS, length),
            TensorSource.of("log_probs", FloatBuffer.wrap(all), ROWS, length, vocabulary)));
  }

  private record Run(int exitCode, String output) {}

  private static Run run(String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = PYTHON;
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
      return new Run(process.exitValue(), output);
    } catch (IOException e) {
      return new Run(127, String.valueOf(e.getMessage()));
    }
  }
}
