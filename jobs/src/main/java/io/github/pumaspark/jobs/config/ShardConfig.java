package io.github.pumaspark.jobs.config;

import io.github.pumaspark.data.lang.Check;
import java.util.List;

/**
 * From a corpus to token datasets, keys {@code shard.*}.
 *
 * @param input files, directories, globs, zip or jar archives
 * @param format how the input is read
 * @param patterns globs that a file or archive entry must match, such as {@code **.java}; text only
 * @param output directory that gets {@code train}, {@code validation} and {@code quarantine}
 * @param sequenceLength tokens of a row (L); text only, a Sudoku row is its board
 * @param validationFraction share of documents held out, in [0, 1)
 * @param seed of the split and of the global shuffle
 * @param rowsPerShard rows of one shard file
 * @param maxQuarantinedFraction share of unusable documents above which the job fails, in [0, 1]
 * @param sudokuSize side of the board, 4, 6 or 9; 0 = from the file
 */
public record ShardConfig(
    List<String> input,
    Format format,
    List<String> patterns,
    String output,
    int sequenceLength,
    double validationFraction,
    long seed,
    int rowsPerShard,
    double maxQuarantinedFraction,
    int sudokuSize) {
  public ShardConfig {
    input = List.copyOf(input);
    patterns = List.copyOf(patterns);
    Check.argument(!patterns.isEmpty(), "shard.patterns must not be empty; '**' takes everything");
    Check.argument(
        sequenceLength > 0, "shard.sequence-length must be positive: %s", sequenceLength);
    Check.argument(
        0 <= validationFraction && validationFraction < 1,
        "shard.validation-fraction must be in [0, 1): %s",
        validationFraction);
    Check.argument(rowsPerShard > 0, "shard.rows-per-shard must be positive: %s", rowsPerShard);
    Check.argument(
        0 <= maxQuarantinedFraction && maxQuarantinedFraction <= 1,
        "shard.max-quarantined-fraction must be in [0, 1]: %s",
        maxQuarantinedFraction);
    Check.argument(
        sudokuSize == 0 || GenerateConfig.isBoardSize(sudokuSize),
        "shard.sudoku-size must be 0, 4, 6 or 9: %s",
        sudokuSize);
  }

  /** The corpus formats; keys are {@code sudoku-csv} and {@code text}. */
  public enum Format {
    /** Lines {@code puzzle,solution}. */
    SUDOKU_CSV,
    /** Plain text and source code, as bytes. */
    TEXT
  }
}
