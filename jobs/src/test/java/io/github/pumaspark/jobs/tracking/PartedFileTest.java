package io.github.pumaspark.jobs.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PartedFileTest {
  private static final Configuration LOCAL = new Configuration(false);
  private static final String FILLING = "x".repeat(20_000);

  @TempDir Path directory;
  private org.apache.hadoop.fs.Path file;

  @BeforeEach
  void name() {
    file = new org.apache.hadoop.fs.Path(directory.resolve("ledger.jsonl").toUri());
  }

  @Test
  void everyAppendIsReadableAtOnceAndInTheEndThereIsOneFile() throws IOException {
    List<String> expected = new ArrayList<>();
    int mostParts = 0;
    try (PartedFile parted = new PartedFile(file, LOCAL, 0)) {
      for (int i = 0; i < 200; i++) {
        expected.add(append(parted, i));
        assertThat(read()).isEqualTo(expected);
        mostParts = Math.max(mostParts, FilePart.list(file, LOCAL).size());
      }
    }

    assertThat(mostParts).isBetween(2, 10);
    assertThat(Files.readAllLines(directory.resolve("ledger.jsonl"))).isEqualTo(expected);
    assertThat(directory.resolve("ledger.jsonl.parts")).doesNotExist();
  }

  @Test
  void aSmallFileNeedsNoParts() throws IOException {
    try (PartedFile parted = new PartedFile(file, LOCAL, 0)) {
      for (int i = 0; i < 100; i++) {
        parted.append("{}\n".getBytes(StandardCharsets.UTF_8), 1);
      }

      assertThat(FilePart.list(file, LOCAL)).isEmpty();
      assertThat(Files.readAllLines(directory.resolve("ledger.jsonl"))).hasSize(100);
    }
  }

  @Test
  void partsThatACrashLeftBesideWhatHoldsThemAreNotReadTwice() throws IOException {
    Path kept = Files.createDirectory(directory.resolve("kept"));
    List<String> expected = new ArrayList<>();
    PartedFile parted = new PartedFile(file, LOCAL, 0);
    for (int i = 0; i < 100; i++) {
      expected.add(append(parted, i));
      for (FilePart part : FilePart.list(file, LOCAL)) {
        Files.copy(
            Path.of(part.path().toUri().getPath()),
            kept.resolve(part.path().getName()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }
    try (var files = Files.list(kept)) {
      for (Path part : files.toList()) {
        Files.copy(
            part,
            directory.resolve("ledger.jsonl.parts").resolve(part.getFileName()),
            StandardCopyOption.REPLACE_EXISTING);
      }
    }

    assertThat(read()).isEqualTo(expected);
  }

  @Test
  void aLogGoesOnFromPartsOfAWriterThatWasKilled() throws IOException {
    PartedFile killed = new PartedFile(file, LOCAL, 0);
    List<String> expected = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      expected.add(append(killed, i));
    }
    assertThat(FilePart.list(file, LOCAL)).isNotEmpty();

    RecordLog.open(file, LOCAL, 1, 18).close();

    expected.set(18, expected.get(18).replace("false", "true"));
    expected.set(19, expected.get(19).replace("false", "true"));
    assertThat(Files.readAllLines(directory.resolve("ledger.jsonl"))).isEqualTo(expected);
    assertThat(FilePart.list(file, LOCAL)).isEmpty();
  }

  private static String append(PartedFile parted, int step) throws IOException {
    String line =
        "{\"step\":%d,\"generation\":0,\"void\":false,\"filling\":\"%s\"}".formatted(step, FILLING);
    parted.append((line + "\n").getBytes(StandardCharsets.UTF_8), 1);
    return line;
  }

  private List<String> read() throws IOException {
    List<String> lines = new ArrayList<>();
    RecordFile.read(file, LOCAL, (line, isWhole) -> lines.add(line));
    return lines;
  }
}
