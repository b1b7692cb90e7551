package io.github.pumaspark.jobs.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RecordLogTest {
  private static final Configuration LOCAL = new Configuration(false);

  @TempDir Path directory;

  @Test
  void nothingIsInTheFileBeforeTheFlushAndEverythingAfterIt() throws IOException {
    try (RecordLog log = open(0, 0)) {
      log.add(1, JsonNodeFactory.instance.objectNode().put("loss", 1.5));
      assertThat(file()).isEmptyFile();

      log.flush();
      assertThat(lines())
          .containsExactly("{\"step\":1,\"generation\":0,\"void\":false,\"loss\":1.5}");
    }
  }

  @Test
  void stepsDoneAgainStayWhereTheyAreAndAreVoid() throws IOException {
    write(0, 0, 1, 2, 3, 4);
    write(1, 2, 3, 4, 5);
    write(2, 4, 5);

    assertThat(lines())
        .containsExactly(
            line(1, 0, false),
            line(2, 0, false),
            line(3, 0, true),
            line(4, 0, true),
            line(3, 1, false),
            line(4, 1, false),
            line(5, 1, true),
            line(5, 2, false));
  }

  @Test
  void aRunFromItsFirstStepVoidsEverything() throws IOException {
    write(0, 0, 7);
    write(1, 0, 1);

    assertThat(lines()).containsExactly(line(7, 0, true), line(1, 1, false));
  }

  @Test
  void linesOfOlderBuildsStayAndBecomeVoidLikeOthers() throws IOException {
    Files.writeString(
        file(), "{\"step\":1,\"seconds\":1.0}\n{\"step\":2,\"loss\":NaN,\"seconds\":2.0}\n");

    write(1, 1, 2);

    assertThat(lines())
        .containsExactly(
            "{\"step\":1,\"seconds\":1.0}",
            "{\"step\":2,\"generation\":0,\"void\":true,\"loss\":\"NaN\",\"seconds\":2.0}",
            line(2, 1, false));
  }

  @Test
  void cutAtAnyByteTheFileIsReadableAndGoesOn() throws IOException {
    write(0, 0, 1, 2, 3);
    byte[] whole = Files.readAllBytes(file());
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file(), Arrays.copyOf(whole, length));
      List<String> read = new ArrayList<>();
      RecordFile.read(
          path(),
          LOCAL,
          (line, isWhole) -> {
            if (isWhole) {
              read.add(line);
            }
          });
      int ended =
          (int)
              new String(whole, 0, length, StandardCharsets.UTF_8)
                  .lines()
                  .filter(line -> line.endsWith("}"))
                  .count();

      write(1, 3, 4);

      List<String> expected = new ArrayList<>();
      for (int step = 1; step <= ended; step++) {
        expected.add(line(step, 0, false));
      }
      assertThat(read).isSubsetOf(expected).hasSizeGreaterThanOrEqualTo(ended - 1);
      expected.add(line(4, 1, false));
      assertThat(lines()).as("cut after %s bytes", length).isEqualTo(expected);
    }
  }

  @Test
  void aLineCutShortWhereAnInnerObjectEndsIsNoLine() throws IOException {
    Files.writeString(
        file(), "{\"step\":1,\"generation\":0,\"void\":false,\"phase_seconds\":{\"a\":1}");

    write(1, 5, 6);

    assertThat(lines()).containsExactly(line(6, 1, false));
  }

  @Test
  void whatOthersWroteIsLeftAlone() throws IOException {
    Files.writeString(file(), "a remark\n{\"other\":1}\n" + line(3, 0, false) + "\n");

    write(1, 2, 3);

    assertThat(lines())
        .containsExactly("a remark", "{\"other\":1}", line(3, 0, true), line(3, 1, false));
  }

  @Test
  void readingAFileThatIsNotThereFails() {
    assertThatThrownBy(() -> RecordFile.read(path(), LOCAL, (line, isWhole) -> {}))
        .isInstanceOf(FileNotFoundException.class);
  }

  static String line(long step, int generation, boolean isVoid) {
    return "{\"step\":%d,\"generation\":%d,\"void\":%s}".formatted(step, generation, isVoid);
  }

  private void write(int generation, long from, long... steps) throws IOException {
    try (RecordLog log = open(generation, from)) {
      for (long step : steps) {
        log.add(step, JsonNodeFactory.instance.objectNode());
      }
    }
  }

  private RecordLog open(int generation, long step) throws IOException {
    return RecordLog.open(path(), LOCAL, generation, step);
  }

  private org.apache.hadoop.fs.Path path() {
    return new org.apache.hadoop.fs.Path(file().toUri());
  }

  private Path file() {
    return directory.resolve("metrics.jsonl");
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(file());
  }
}
