package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * Puzzles with one solution, each a pure function of (seed, index): the same on every machine, for
 * any number of threads and whichever others are made.
 *
 * <p>The law: the number of givens is uniform in [{@code fewestGivens}, {@code mostGivens}]. The
 * solution is uniform over all grids for sizes 4 and 6; for size 9 it is the outcome of a search
 * with random digits, which reaches every grid but not with equal probability. Cells are then
 * visited in uniform order and blanked where the solution stays the only one, until the wanted
 * number is left. If an order ends with too many givens, further orders and then further grids are
 * drawn, so that counts near the fewest possible favour grids that can be dug so deep.
 *
 * <p>Thread-safe.
 */
public final class SudokuGenerator {
  private static final int ORDERS_PER_GRID = 16;
  private static final int GRIDS = 4096;
  private static final int CHUNK = 1024;

  private final SudokuSize size;
  private final int fewestGivens;
  private final int mostGivens;
  private final long seed;

  /**
   * A generator for one size and range of givens.
   *
   * @param fewestGivens at least {@link #fewestGivens(SudokuSize)}
   * @param mostGivens at least {@code fewestGivens}, less than the number of cells
   * @throws ConfigException if the range is not allowed for this size
   */
  public SudokuGenerator(SudokuSize size, int fewestGivens, int mostGivens, long seed) {
    int least = fewestGivens(size);
    if (fewestGivens < least || mostGivens < fewestGivens || mostGivens >= size.cells()) {
      throw new ConfigException(
          "Invalid givens: %d-%d (for size %d must be A-B with %d <= A <= B <= %d)"
              .formatted(fewestGivens, mostGivens, size.side(), least, size.cells() - 1));
    }
    this.size = size;
    this.fewestGivens = fewestGivens;
    this.mostGivens = mostGivens;
    this.seed = seed;
  }

  /** The smallest number of givens that can be asked for: 4, 8 or 22 for sizes 4, 6 and 9. */
  public static int fewestGivens(SudokuSize size) {
    return switch (size) {
      case FOUR -> 4;
      case SIX -> 8;
      case NINE -> 22;
    };
  }

  /**
   * One puzzle.
   *
   * @param index any number; the puzzle's name in the endless list of this seed
   * @throws IllegalStateException if no attempt reaches the number of givens, which the allowed
   *     ranges rule out in practice
   */
  public Puzzle puzzle(long index) {
    SudokuSolver solver = new SudokuSolver(size);
    int givens =
        fewestGivens + new PuzzleDraws(seed, index, 0).below(mostGivens - fewestGivens + 1);
    int attempt = 1;
    for (int grid = 0; grid < GRIDS; grid++) {
      int[] solution = FullGrids.draw(size, solver, new PuzzleDraws(seed, index, attempt++));
      for (int order = 0; order < ORDERS_PER_GRID; order++) {
        int[] clues = solution.clone();
        if (dig(clues, givens, solver, new PuzzleDraws(seed, index, attempt++))) {
          return new Puzzle(clues, solution);
        }
      }
    }
    throw new IllegalStateException(
        "Cannot generate puzzle %d of seed %d: no grid of %d could be dug to %d givens"
            .formatted(index, seed, GRIDS, givens));
  }

  /**
   * Makes puzzles on all cores and hands them over in index order, on the calling thread.
   *
   * @param first index of the first puzzle
   * @param count number of puzzles, at least 0
   */
  public void generate(long first, long count, Consumer<Puzzle> sink) {
    Check.argument(count >= 0, "Invalid count: %d (must not be negative)", count);
    for (long done = 0; done < count; done += CHUNK) {
      long from = first + done;
      LongStream.range(from, from + Math.min(CHUNK, count - done))
          .parallel()
          .mapToObj(this::puzzle)
          .toList()
          .forEach(sink);
    }
  }

  /** Blanks cells in random order while the solution stays unique; false if too many are left. */
  private boolean dig(int[] clues, int wantedGivens, SudokuSolver solver, PuzzleDraws draws) {
    int givens = clues.length;
    for (int cell : draws.permutation(clues.length)) {
      if (givens == wantedGivens) {
        return true;
      }
      int digit = clues[cell];
      clues[cell] = 0;
      if (solver.isSolvableWithout(clues, cell, digit)) {
        clues[cell] = digit;
      } else {
        givens--;
      }
    }
    return givens == wantedGivens;
  }
}
