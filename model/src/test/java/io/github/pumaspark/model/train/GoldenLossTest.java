package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.engine.TorchThread;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The losses of twenty steps are those in {@code losses/tiny-PRECISION.json}: bitwise on the same
 * kind of processor with the same library and threads, else up to rounding.
 *
 * <p>After a change that is meant to change numbers: {@code mvn -pl model -am test
 * -Dtest=GoldenLossTest -Dsurefire.failIfNoSpecifiedTests=false -Dgolden.write=true} writes the
 * files anew; the commit says why.
 */
final class GoldenLossTest {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private static final int STEPS = 20;
  private static final int THREADS = 1;

  /** What libtorch and oneDNN choose kernels by. */
  private static final List<String> FEATURES =
      List.of(
          "avx2",
          "fma",
          "avx512f",
          "avx512vl",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_bf16");

  @TempDir private Path temporary;

  /**
   * @param processor vendor and those of {@link #FEATURES} that it has
   * @param losses of the steps, the first first
   */
  record Golden(String processor, int threads, String libtorch, List<Double> losses) {}

  @ParameterizedTest
  @EnumSource(Precision.class)
  void lossesAreThoseOfTheFile(Precision precision) throws Exception {
    Golden found = new Golden(processor(), THREADS, TorchThread.version(), losses(precision));
    String name = "losses/tiny-" + precision.name().toLowerCase(Locale.ROOT) + ".json";
    if (Boolean.getBoolean("golden.write")) {
      write(name, found);
      return;
    }
    Golden golden;
    try (var in = GoldenLossTest.class.getResourceAsStream(name)) {
      golden = JSON.readValue(in, Golden.class);
    }

    boolean isExact = origin(found).equals(origin(golden));
    System.out.println(
        "Golden losses, "
            + precision
            + ": compared "
            + (isExact ? "bitwise" : "within 1e-3, they are of " + origin(golden))
            + ", here "
            + origin(found));
    assertThat(found.losses()).hasSize(STEPS).hasSameSizeAs(golden.losses());
    if (isExact) {
      assertThat(found.losses()).isEqualTo(golden.losses());
    } else {
      for (int step = 0; step < STEPS; step++) {
        double expected = golden.losses().get(step);
        assertThat(found.losses().get(step))
            .as("step " + (step + 1))
            .isCloseTo(expected, within(1e-3 * expected));
      }
    }
  }

  private List<Double> losses(Precision precision) throws Exception {
    org.apache.hadoop.fs.Path dataset =
        new org.apache.hadoop.fs.Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, new Configuration(false), 100);
    return new TinyRun(LocalRun.RANDOM, precision, 3e-3, 0.1, STEPS, 16, THREADS)
        .run(dataset, 7)
        .losses();
  }

  private static Map<String, Object> origin(Golden golden) {
    Map<String, Object> origin = new LinkedHashMap<>();
    origin.put("processor", golden.processor());
    origin.put("threads", golden.threads());
    origin.put("libtorch", golden.libtorch());
    return origin;
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return "unknown";
    }
    List<String> lines = Files.readAllLines(info, StandardCharsets.ISO_8859_1);
    List<String> flags = words(lines, "flags");
    return Stream.concat(
            words(lines, "vendor_id").stream(), FEATURES.stream().filter(flags::contains))
        .reduce((a, b) -> a + " " + b)
        .orElse("unknown");
  }

  /** The words of the first line with a key. */
  private static List<String> words(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key + "\t"))
        .findFirst()
        .map(line -> Arrays.asList(line.substring(line.indexOf(':') + 1).strip().split(" ")))
        .orElse(List.of());
  }

  private static void write(String name, Golden golden) throws IOException {
    Path file =
        Path.of("src/test/resources")
            .resolve(GoldenLossTest.class.getPackageName().replace('.', '/'))
            .resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, JSON.writeValueAsString(golden) + "\n");
  }
}
