package io.github.pumaspark.data.sudoku;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SudokuCsvTest {
  @TempDir private Path folder;

  @Test
  void aFileIsTheHeaderAndOnePuzzlePerLine() throws Exception {
    Path file = folder.resolve("deep/puzzles.csv");
    SudokuGenerator generator = new SudokuGenerator(SudokuSize.SIX, 14, 20, 9);

    SudokuCsv.write(
        new org.apache.hadoop.fs.Path(file.toUri()), new Configuration(), generator, 2500);

    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2501).first().isEqualTo("puzzle,solution");
    PuzzleParser parser = new PuzzleParser(SudokuSize.SIX);
    for (int index : new int[] {0, 1023, 1024, 2499}) {
      String[] columns = lines.get(index + 1).split(",");
      assertThat(columns[0]).matches("[0-6]{36}");
      assertThat(columns[1]).matches("[1-6]{36}");
      assertThat(parser.parse(columns[0], columns[1])).isEqualTo(generator.puzzle(index));
    }
    assertThat(Files.readString(file)).endsWith("\n");
  }

  @Test
  void noPuzzlesIsAHeaderOnly() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    SudokuCsv.write(out, new SudokuGenerator(SudokuSize.FOUR, 5, 5, 1), 0);

    assertThat(out).hasToString("puzzle,solution\n");
  }

  @Test
  void aFullDiskKeepsItsMessage() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };

    assertThatThrownBy(
            () -> SudokuCsv.write(full, new SudokuGenerator(SudokuSize.SIX, 14, 20, 1), 2000))
        .isInstanceOf(IOException.class)
        .hasMessage("No space left on device");
  }
}
