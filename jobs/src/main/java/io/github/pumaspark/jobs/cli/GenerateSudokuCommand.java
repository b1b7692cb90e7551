package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.sudoku.SudokuCsv;
import io.github.pumaspark.data.sudoku.SudokuGenerator;
import io.github.pumaspark.data.sudoku.SudokuSize;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma generate sudoku}: a CSV of puzzles with exactly one solution each. */
@Command(
    name = "sudoku",
    description = {
      "Write Sudoku puzzles with exactly one solution each as CSV lines 'puzzle,solution'.",
      "The same arguments give the same file on every machine."
    })
final class GenerateSudokuCommand implements Callable<Integer> {
  private static final Pattern RANGE = Pattern.compile("([0-9]{1,3})(?:-([0-9]{1,3}))?");

  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--boards", required = true, paramLabel = "N", description = "Number of puzzles.")
  private long boards;

  @Option(names = "--size", paramLabel = "SIDE", description = "Side of the board: 4, 6 or 9.")
  private int size = 9;

  @Option(
      names = "--givens",
      paramLabel = "A-B",
      description = "Range of the number of given cells; default 6-10, 14-20 or 24-36 by size.")
  private @Nullable String givens;

  @Option(names = "--seed", paramLabel = "S", description = "Seed of the generator.")
  private long seed = 1;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE.csv",
      description = "File to write; any Hadoop path.")
  private String out = "";

  @Option(
      names = "--overwrite",
      description = "Replace the file if it exists.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private boolean overwrite;

  @Override
  public Integer call() throws IOException {
    if (boards <= 0) {
      throw new ConfigException("Invalid --boards: " + boards + " (must be positive)");
    }
    SudokuGenerator generator = generator();
    Configuration configuration = new Configuration();
    Path file = new Path(out);
    if (!overwrite && Storage.of(file, configuration).exists(file)) {
      throw new ConfigException(
          "Cannot write '" + out + "': it exists already (choose another name or --overwrite)");
    }
    SudokuCsv.write(file, configuration, generator, boards);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ok", true);
    result.put("file", Storage.of(file, configuration).makeQualified(file).toUri().getPath());
    result.put("boards", boards);
    result.put("size", size);
    result.put("seed", seed);
    ResultLine.print(result, java.util.Objects.requireNonNull(spec).commandLine().getOut());
    return ExitCodes.OK;
  }

  private SudokuGenerator generator() {
    SudokuSize board;
    try {
      board = SudokuSize.of(size);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("Invalid --size: " + size + " (must be 4, 6 or 9)");
    }
    String range =
        givens != null
            ? givens
            : switch (board) {
              case FOUR -> "6-10";
              case SIX -> "14-20";
              case NINE -> "24-36";
            };
    Matcher matcher = RANGE.matcher(range);
    if (!matcher.matches()) {
      throw new ConfigException("Invalid --givens: '" + range + "' (must be A-B, such as 24-36)");
    }
    int fewest = Integer.parseInt(matcher.group(1));
    int most = matcher.group(2) == null ? fewest : Integer.parseInt(matcher.group(2));
    return new SudokuGenerator(board, fewest, most, seed);
  }
}
