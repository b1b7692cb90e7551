package io.github.pumaspark.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MalformedSafetensorsTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  private static final String VALID =
      "{\"__metadata__\":{\"format\":\"pt\"},"
          + "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
          + "\"b\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[16,24]},"
          + "\"c\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[24,32]}}";

  private static final int VALID_DATA_BYTES = 32;

  @TempDir java.nio.file.Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[0,16]      | [0,15]    | tensor 'a' has data_offsets [0, 15], but F32 [2, 2] takes 16",
        "[16,24]     | [8,16]    | tensor 'b' starts at data byte 8, the tensor before it ends at 16",
        "[0,16]      | [16,0]    | tensor 'a' has data_offsets [16, 0]",
        "[0,16]      | [-16,0]   | tensor 'a' has no valid data_offsets: '[-16,0]'",
        "[0,16]      | [0,16,16] | tensor 'a' has no valid data_offsets: '[0,16,16]'",
        "[0,16]      | 16        | tensor 'a' has no valid data_offsets: '16'",
        "[0,16]      | [0,16.0]  | tensor 'a' has no valid data_offsets",
        "[2,2]       | [4,-1]    | tensor 'a' has no valid shape: '[4,-1]'",
        "[2,2]       | [4294967296,4294967296] | tensor 'a' has no valid shape",
        "[2,2]       | [99999999999999999999]  | tensor 'a' has no valid shape",
        "[2,2]       | \"x\"     | tensor 'a' has no valid shape: '\"x\"'",
        "F32         | F31       | tensor 'a' has no known dtype: '\"F31\"'",
        "\"F32\"     | 3         | tensor 'a' has no known dtype: '3'",
        "\"dtype\":\"F32\", | ~~ | tensor 'a' has no known dtype: none",
        "\"b\"       | \"a\"     | its header is not valid JSON: 'Duplicate field 'a''",
        "\"b\":{     | \"b\":[{  | its header is not valid JSON",
        "\"pt\"      | 7         | __metadata__ entry 'format' is not a string",
        "{\"format\":\"pt\"} | []| '__metadata__' is not an object",
        "[24,32]}}   | [24,32]}} x | its header is not valid JSON",
        "[24,32]}}   | [24,32]}  | its header is not valid JSON",
        "{\"__meta   | ~ {\"__meta~ | its header does not start with '{'",
        "\"c\"       | \"__metadata__\" | its header is not valid JSON: 'Duplicate field",
        "[8],\"data_offsets\":[24,32] | [9],\"data_offsets\":[24,33] "
            + "| tensor 'c' ends at data byte 33, the file has 32 of them",
        "[8],\"data_offsets\":[24,32] | [7],\"data_offsets\":[24,31] "
            + "| its tensors take 31 data bytes, the file has 32",
        "[8],\"data_offsets\":[24,32] | [4],\"data_offsets\":[28,32] "
            + "| tensor 'c' starts at data byte 28, the tensor before it ends at 24",
      })
  void aBrokenRuleIsNamedWithItsTensor(String valid, String broken, String message)
      throws IOException {
    assertThat(VALID).contains(valid);
    Path file =
        write(
            VALID
                .replaceFirst(
                    java.util.regex.Pattern.quote(valid),
                    java.util.regex.Matcher.quoteReplacement(broken))
                .getBytes(StandardCharsets.UTF_8),
            VALID_DATA_BYTES);

    assertCorrupt(file, message);
  }

  @Test
  void theHeaderBeforeItIsBrokenIsRead() throws IOException {
    Path file = write(VALID.getBytes(StandardCharsets.UTF_8), VALID_DATA_BYTES);

    assertThat(Safetensors.read(file, CONFIGURATION).tensors()).containsOnlyKeys("a", "b", "c");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 100, 204, 206, 236})
  void aFileCutAnywhereIsCorrupt(int length) throws IOException {
    byte[] whole = bytes(VALID.getBytes(StandardCharsets.UTF_8), VALID_DATA_BYTES);
    assertThat(length).isLessThan(whole.length);
    Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));

    assertThatThrownBy(
            () -> Safetensors.read(new Path(folder.resolve("cut").toUri()), CONFIGURATION))
        .isInstanceOf(CorruptCheckpointException.class);
  }

  @Test
  void aHeaderLengthBeyondTheFileOrTheLimitIsRefused() throws IOException {
    assertCorrupt(write(Long.MAX_VALUE), "its header claims 9223372036854775807 bytes, the limit");
    assertCorrupt(
        write(-1), "its header claims 18446744073709551615 bytes, the limit is 100000000");
    assertCorrupt(write(99_999_999), "its header claims 99999999 bytes, the whole file has 40");
    assertCorrupt(write(100_000_001), "its header claims 100000001 bytes, the limit is 100000000");
  }

  @Test
  void onlyUtf8IsRead() throws IOException {
    byte[] invalid = VALID.getBytes(StandardCharsets.UTF_8);
    invalid[2] = (byte) 0xff;
    assertCorrupt(write(invalid, VALID_DATA_BYTES), "its header is not UTF-8");
    assertCorrupt(
        write(VALID.getBytes(StandardCharsets.UTF_16LE), VALID_DATA_BYTES), "its header is not");
  }

  @Test
  void aMessageIsOneShortLineWhateverTheNames() throws IOException {
    String name = "x\\n\\u001b".repeat(1000);
    String header = "{\"" + name + "\":{\"dtype\":\"" + name + "\"}}";
    Path file = write(header.getBytes(StandardCharsets.UTF_8), 0);

    assertThatThrownBy(() -> Safetensors.read(file, CONFIGURATION))
        .isInstanceOf(CorruptCheckpointException.class)
        .message()
        .doesNotContain("\n", "\u001b")
        .hasSizeLessThan(600);
  }

  /**
   * A damaged header must end the job with one line, and must not take the machine's memory first.
   */
  @Test
  void anyDamageIsReportedAsSuchAndAllocatesLittle() throws IOException {
    long seed = 20_240_117;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Path warmUp = write(VALID.getBytes(StandardCharsets.UTF_8), VALID_DATA_BYTES);
    Safetensors.read(warmUp, CONFIGURATION);
    int corrupt = 0;
    int valid = 0;
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = damaged(random);
      java.nio.file.Path path = folder.resolve("fuzz");
      Files.write(path, bytes);
      Path file = new Path(path.toUri());

      long directBefore = directBytes();
      long before = threads.getCurrentThreadAllocatedBytes();
      try {
        Safetensors.Content content = Safetensors.read(file, CONFIGURATION);
        valid++;
        long total = content.tensors().values().stream().mapToLong(t -> t.info().bytes()).sum();
        assertThat(total).isLessThanOrEqualTo(bytes.length);
      } catch (CorruptCheckpointException e) {
        corrupt++;
        assertThat(e).hasMessageContaining("'" + file + "'").message().doesNotContain("\n");
      } catch (IOException | RuntimeException | Error e) {
        throw new AssertionError("case " + i + " of seed " + seed, e);
      }
      assertThat(threads.getCurrentThreadAllocatedBytes() - before)
          .as("heap bytes of case %s", i)
          .isLessThan(4L << 20);
      assertThat(directBytes() - directBefore)
          .as("direct bytes of case %s", i)
          .isLessThan(1L << 20);
    }

    assertThat(corrupt).isGreaterThan(1000);
    assertThat(valid).isGreaterThan(20);
  }

  /** A valid file with a few bytes, digits or fragments changed. */
  private static byte[] damaged(Random random) {
    StringBuilder header = new StringBuilder(VALID);
    String[] fragments = {
      "9223372036854775807",
      "-1",
      "1e300",
      "[",
      "]",
      "{",
      "}",
      "\"",
      ",",
      ":",
      "null",
      "\\ud800",
      "\"a\"",
      "F64",
      "[[[[[[[[",
      "1000000000000000000000",
      "0",
      "\"__metadata__\"",
      " "
    };
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(header.length());
      switch (random.nextInt(5)) {
        case 0 -> header.setCharAt(at, (char) random.nextInt(256));
        case 1 -> header.deleteCharAt(at);
        case 2 -> header.insert(at, fragments[random.nextInt(fragments.length)]);
        case 3 -> {
          int digit = at;
          while (!Character.isDigit(header.charAt(digit))) {
            digit = (digit + 1) % header.length();
          }
          header.setCharAt(digit, (char) ('0' + random.nextInt(10)));
        }
        default -> header.insert(at, fragments[random.nextInt(4)].repeat(1 + random.nextInt(500)));
      }
    }
    byte[] json =
        header
            .toString()
            .getBytes(
                random.nextInt(8) == 0 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    byte[] bytes = bytes(json, random.nextInt(6) == 0 ? random.nextInt(64) : VALID_DATA_BYTES);
    switch (random.nextInt(8)) {
      case 0 -> bytes[random.nextInt(Long.BYTES)] = (byte) random.nextInt(256);
      case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      default -> {}
    }
    return bytes;
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static void assertCorrupt(Path file, String message) {
    assertThatThrownBy(() -> Safetensors.read(file, CONFIGURATION))
        .isInstanceOf(CorruptCheckpointException.class)
        .hasMessageStartingWith("Cannot read checkpoint file '" + file + "': " + message);
  }

  private Path write(long headerBytes) throws IOException {
    return write(
        ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN).putLong(headerBytes).array());
  }

  private Path write(byte[] header, int dataBytes) throws IOException {
    return write(bytes(header, dataBytes));
  }

  private Path write(byte[] bytes) throws IOException {
    java.nio.file.Path path = folder.resolve("malformed.safetensors");
    Files.write(path, bytes);
    return new Path(path.toUri());
  }

  private static byte[] bytes(byte[] header, int dataBytes) {
    return ByteBuffer.allocate(Long.BYTES + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }
}
