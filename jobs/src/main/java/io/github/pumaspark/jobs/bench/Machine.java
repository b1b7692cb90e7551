package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.model.engine.Precision;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The processor as Linux describes it.
 *
 * @param name of the model; {@code unknown} where the system does not tell
 * @param capabilities those flags that matrix products depend on, in alphabetical order
 */
record Machine(String name, List<String> capabilities) {
  private static final double BUSY_LOAD = 0.5;
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final Set<String> RELEVANT =
      Set.of(
          "avx2",
          "fma",
          "avx512f",
          "avx512_bf16",
          "avx512_vnni",
          "amx_bf16",
          "amx_int8",
          "amx_tile");

  /** The machine this runs on. */
  static Machine current() throws IOException {
    return Files.isReadable(CPU_INFO) ? parse(Files.readString(CPU_INFO)) : parse("");
  }

  /**
   * The load average over the last minute, negative if unknown.
   *
   * @param progress hears it if the machine is too busy to measure on
   */
  static double load(Consumer<String> progress) {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    if (load > BUSY_LOAD) {
      progress.accept(
          String.format(
              Locale.ROOT,
              "this machine is busy (load average %.1f): times will be too long",
              load));
    }
    return load;
  }

  /** Reads the text of {@code /proc/cpuinfo}; the first processor counts. */
  static Machine parse(String cpuInfo) {
    List<String> flags =
        Arrays.stream(field(cpuInfo, "flags").split(" "))
            .filter(RELEVANT::contains)
            .sorted()
            .toList();
    String name = field(cpuInfo, "model name");
    return new Machine(name.isEmpty() ? "unknown" : name, flags);
  }

  /** Whether products of a precision have instructions of their own. */
  boolean isMadeFor(Precision precision) {
    return precision == Precision.FP32
        || capabilities.contains("avx512_bf16")
        || capabilities.contains("amx_bf16");
  }

  private static String field(String cpuInfo, String name) {
    return cpuInfo
        .lines()
        .filter(line -> line.startsWith(name) && line.contains(":"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("");
  }
}
