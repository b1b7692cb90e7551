package io.github.pumaspark.jobs.config;

import io.github.pumaspark.data.lang.Check;

/**
 * Sudoku puzzles that a pipeline makes for itself, keys {@code generate.*}.
 *
 * @param boards number of puzzles; 0 = none, the pipeline reads {@code shard.input}
 * @param size side of the board: 4, 6 or 9
 * @param givensMin smallest number of given cells
 * @param givensMax largest number of given cells
 * @param seed of the generator
 */
public record GenerateConfig(int boards, int size, int givensMin, int givensMax, long seed) {
  public GenerateConfig {
    Check.argument(boards >= 0, "generate.boards must not be negative: %s", boards);
    Check.argument(isBoardSize(size), "generate.size must be 4, 6 or 9: %s", size);
    Check.argument(
        0 < givensMin && givensMin <= size * size,
        "generate.givens-min must be in [1, %s]: %s",
        size * size,
        givensMin);
    Check.argument(
        givensMin <= givensMax && givensMax <= size * size,
        "generate.givens-max must be in [%s, %s]: %s",
        givensMin,
        size * size,
        givensMax);
  }

  static boolean isBoardSize(int size) {
    return size == 4 || size == 6 || size == 9;
  }
}
