package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Memory of this process as Linux counts it.
 *
 * @param residentBytes VmRSS
 * @param peakBytes VmHWM, the largest VmRSS since the start or the last {@link #resetPeak}
 */
record ProcessMemory(long residentBytes, long peakBytes) {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR_REFS = Path.of("/proc/self/clear_refs");
  private static final Pattern LINE = Pattern.compile("(?m)^(\\w+):\\s*(\\d+) kB$");

  /**
   * The memory at this moment.
   *
   * @throws ConfigException if the system does not tell
   */
  static ProcessMemory now() throws IOException {
    if (!Files.isReadable(STATUS)) {
      throw new ConfigException("Cannot measure memory: no '" + STATUS + "' (run it on Linux)");
    }
    return parse(Files.readString(STATUS));
  }

  /** Reads the text of {@code /proc/PID/status}. */
  static ProcessMemory parse(String status) {
    Map<String, Long> bytes =
        LINE.matcher(status)
            .results()
            .collect(
                Collectors.toMap(
                    found -> found.group(1), found -> Long.parseLong(found.group(2)) * 1024));
    return new ProcessMemory(value(bytes, "VmRSS"), value(bytes, "VmHWM"));
  }

  /**
   * Makes the peak start again from the memory at this moment.
   *
   * @return false if the system does not allow it; nothing has changed then
   */
  static boolean resetPeak() {
    try {
      Files.writeString(CLEAR_REFS, "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static long value(Map<String, Long> bytes, String name) {
    Long value = bytes.get(name);
    if (value == null) {
      throw new ConfigException(
          "Cannot measure memory: no " + name + " in '" + STATUS + "' (run it on Linux)");
    }
    return value;
  }
}
