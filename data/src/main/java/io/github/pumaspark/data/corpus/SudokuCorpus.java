package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.sudoku.PuzzleParser;
import io.github.pumaspark.data.sudoku.SudokuSize;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * Sudoku puzzles of one size from CSV files: one puzzle per line, {@code puzzle} or {@code
 * puzzle,solution}, with or without a header that names the columns (also {@code quizzes} and
 * {@code solutions}, further columns ignored), in plain, gzip or zip form.
 *
 * <p>Every puzzle handed out has exactly one solution. The solver finds it; a solution in the file
 * must agree. Any other line becomes a {@link QuarantinedRecord}. Inside directories and archives,
 * names ending in {@code .csv}, {@code .csv.gz} and {@code .txt} are read.
 *
 * @param size the board; puzzles of another are quarantined
 */
public record SudokuCorpus(SudokuSize size) implements Serializable {
  private static final List<String> INCLUDE = List.of("**.csv", "**.csv.gz", "**.txt");

  /**
   * The files behind names, directories, globs and archives, each once, ordered by path.
   *
   * @throws ConfigException naming every input that does not exist or has nothing to read
   * @throws IOException if a file system fails
   */
  public static List<CorpusFile> find(List<String> inputs, Configuration configuration)
      throws IOException {
    return CorpusFinder.find(inputs, new IncludePatterns(INCLUDE), configuration);
  }

  /**
   * The size of the first proper puzzle in some files, for users who do not name one; empty if
   * there is none.
   */
  public static Optional<SudokuSize> sizeOf(List<CorpusFile> files, Configuration configuration)
      throws IOException {
    for (CorpusFile file : files) {
      try (CorpusRecords records = read(file, configuration, new PuzzleParser())) {
        while (records.hasNext()) {
          if (records.next() instanceof PuzzleRecord found) {
            return Optional.of(found.puzzle().size());
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The records of one file: {@link PuzzleRecord}s and {@link QuarantinedRecord}s. */
  public CorpusRecords read(CorpusFile file, Configuration configuration) {
    return read(file, configuration, new PuzzleParser(size));
  }

  private static CorpusRecords read(
      CorpusFile file, Configuration configuration, PuzzleParser parser) {
    return new SudokuRecords(
        new CorpusEntries(file, configuration, new IncludePatterns(INCLUDE)), parser);
  }
}
