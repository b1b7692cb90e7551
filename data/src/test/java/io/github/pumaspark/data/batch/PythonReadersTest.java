package io.github.pumaspark.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.manifest.SampleDataset;
import io.github.pumaspark.data.shard.SampleRows;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenRow;
import io.github.pumaspark.data.shard.TokenType;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.ByteTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * pyarrow and Hugging Face datasets see the rows that we see. Runs where {@code python3}, or the
 * interpreter named by the environment variable {@code PUMA_PYTHON}, has pyarrow.
 */
final class PythonReadersTest {
  private static final Configuration CONF = new Configuration();
  private static final String PYTHON =
      Optional.ofNullable(System.getenv("PUMA_PYTHON")).orElse("python3");

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"UINT16,true", "UINT16,false", "UINT32,true", "UINT32,false"})
  void rowsAreEqualInPython(TokenType type, boolean promptMask) throws Exception {
    assumePyarrow();
    TokenizerSpec tokenizer =
        type == TokenType.UINT16 ? new ByteTokenizer().spec() : SampleRows.WIDE;
    ShardLayout layout = new ShardLayout(19, type, promptMask, 8);
    List<TokenRow> rows = SampleDataset.write(hadoop(), CONF, layout, tokenizer, 21, 0, 8, 5);

    JsonNode result = check();

    assertThat(result.path("ok").asBoolean()).isTrue();
    assertThat(result.path("rows").asInt()).isEqualTo(rows.size());
    try (TokenDataset dataset = TokenDataset.open(hadoop(), CONF)) {
      assertThat(result.path("tokens").asLong()).isEqualTo(dataset.manifest().tokens());
      assertThat(result.path("rows_sha256").asText()).isEqualTo(rowsSha256(dataset, rows));
    }
  }

  @Test
  void pythonFindsAFlippedByteToo() throws Exception {
    assumePyarrow();
    ShardLayout layout = new ShardLayout(19, TokenType.UINT16, true, 8);
    SampleDataset.write(hadoop(), CONF, layout, new ByteTokenizer().spec(), 9);
    Path shard = directory.resolve("data-00000-of-00001.arrow");
    byte[] bytes = Files.readAllBytes(shard);
    bytes[bytes.length - 100] ^= 1;
    Files.write(shard, bytes);

    Run run = python("src/test/python/check_dataset.py", directory.toString());

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.output()).contains("data-00000-of-00001.arrow sha256: expected");
  }

  private JsonNode check() throws Exception {
    Run run = python("src/test/python/check_dataset.py", directory.toString());
    assertThat(run.exitCode()).as(run.output()).isZero();
    String[] lines = run.output().strip().split("\n");
    return new ObjectMapper().readTree(lines[lines.length - 1]);
  }

  private static String rowsSha256(TokenDataset dataset, List<TokenRow> rows) {
    MessageDigest digest = Storage.sha256();
    for (int r = 0; r < dataset.rows(); r++) {
      Sequence sequence = dataset.row(r);
      digest.update(littleEndian(sequence.tokens()));
      for (boolean given : sequence.prompt()) {
        digest.update((byte) (given ? 1 : 0));
      }
      digest.update(littleEndian(rows.get(r).documentLengths()));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static byte[] littleEndian(int[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }

  private static void assumePyarrow() throws Exception {
    Run run;
    try {
      run = python("-c", "import pyarrow");
    } catch (IOException e) {
      run = new Run(127, e.getMessage());
    }
    boolean found = run.exitCode() == 0;
    if (!found) {
      System.out.println(
          "Skipped: " + PYTHON + " has no pyarrow (set PUMA_PYTHON to one that has)");
    }
    assumeTrue(found, PYTHON + " has no pyarrow (set PUMA_PYTHON to one that has)");
  }

  private static Run python(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(arguments));
    command.add(0, PYTHON);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("HF_HUB_OFFLINE", "1");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.waitFor(), output);
  }

  private org.apache.hadoop.fs.Path hadoop() {
    return new org.apache.hadoop.fs.Path(directory.toString());
  }

  private record Run(int exitCode, String output) {}
}
