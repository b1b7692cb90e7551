package io.github.pumaspark.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ConfFilesTest {
  private static final Path CONF = Path.of("..", "conf");
  private static final Pattern ROW =
      Pattern.compile("\\| `([a-z0-9.-]+)` \\| `([^`]*)`(.*?) \\|.*");

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(CONF)) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFileLoads(Path file) {
    assertThat(EffectiveConfig.load(file, List.of()).runs()).isNotEmpty();
  }

  @Test
  void readmeListsExactlyTheKeysWithTheirDefaults() throws IOException {
    Map<String, String> listed = new TreeMap<>();
    for (String line : Files.readAllLines(CONF.resolve("README.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        listed.put(row.group(1), row.group(2));
      }
    }

    assertThat(listed.keySet()).containsExactlyElementsOf(Keys.all().keySet());
    listed.remove("run.directory");
    List<String> asOverrides =
        listed.entrySet().stream()
            .map(row -> row.getKey() + "=" + row.getValue().replace("\"", ""))
            .toList();
    assertThat(EffectiveConfig.load(null, asOverrides).values())
        .isEqualTo(EffectiveConfig.load(null, List.of()).values());
  }
}
