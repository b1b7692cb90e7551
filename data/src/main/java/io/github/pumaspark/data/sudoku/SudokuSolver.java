package io.github.pumaspark.data.sudoku;

import io.github.pumaspark.data.lang.Check;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Solves puzzles and tells whether a solution is the only one.
 *
 * <p>Not thread-safe: one instance per thread, reused, since it owns its working arrays. Results
 * depend on the arguments only.
 */
public final class SudokuSolver {
  /*
   * Depth-first search over bit masks. used[u] holds the digits placed in unit u (rows, then columns, then
   * boxes), so a cell's candidates are the complement of three words. The next cell is a naked single if
   * there is one, else a digit with one place left in some unit (hidden single), else the cell with the
   * fewest candidates. A unit with a digit that has no place left ends the branch at once. `open` lists the
   * blank cells; taking one swaps it with the last, and the swap is undone on the way back.
   */

  /** Search steps after which {@link #solve} gives up: far above what any proper puzzle needs. */
  private static final long SEARCH_LIMIT = 1_000_000;

  private final SudokuSize size;
  private final int[][] units;
  private final int[] unitsOfCell;
  private final int everyDigit;
  private final long searchLimit;
  private final int[] used;
  private final int[] grid;
  private final int[] candidates;
  private final int[] open;
  private int openCount;

  private long stepsLeft;
  private int wanted;
  private int found;
  private int[] firstSolution;
  private @Nullable PuzzleDraws draws;

  /** A solver for one size of board. */
  public SudokuSolver(SudokuSize size) {
    this(size, SEARCH_LIMIT);
  }

  SudokuSolver(SudokuSize size, long searchLimit) {
    this.size = size;
    this.searchLimit = searchLimit;
    units = size.units();
    unitsOfCell = size.unitsOfCell();
    everyDigit = (1 << size.side()) - 1;
    used = new int[units.length];
    grid = new int[size.cells()];
    candidates = new int[size.cells()];
    open = new int[size.cells()];
    firstSolution = grid;
  }

  /** How many solutions some clues have. */
  public enum Verdict {
    /** The clues contradict each other. */
    NONE,
    /** Exactly one: a proper puzzle. */
    UNIQUE,
    /** Two or more. */
    SEVERAL,
    /** The search was given up; only clues made for that purpose get here. */
    UNDECIDED
  }

  /**
   * What {@link #solve} found.
   *
   * @param verdict how many solutions there are
   * @param solution [cells] the one solution if {@code UNIQUE}, else null; the caller's to keep
   */
  public record Solved(Verdict verdict, int @Nullable [] solution) {}

  /**
   * Solves a puzzle and checks that its solution is the only one.
   *
   * @param clues [cells] row-major, 0 where blank; not written
   * @throws IllegalArgumentException on a wrong length or digit
   */
  public Solved solve(int[] clues) {
    if (!load(clues)) {
      return new Solved(Verdict.NONE, null);
    }
    prepare(2, searchLimit);
    search();
    if (stepsLeft < 0) {
      return new Solved(Verdict.UNDECIDED, null);
    }
    return switch (found) {
      case 0 -> new Solved(Verdict.NONE, null);
      case 1 -> new Solved(Verdict.UNIQUE, firstSolution);
      default -> new Solved(Verdict.SEVERAL, null);
    };
  }

  /**
   * Counts solutions, however long it takes, and stops at {@code limit}.
   *
   * @param clues [cells] row-major, 0 where blank; not written
   * @return a number in [0, limit]
   * @throws IllegalArgumentException on a wrong length or digit, or a limit below 1
   */
  public int countSolutions(int[] clues, int limit) {
    Check.argument(limit >= 1, "Invalid limit: %d (must be at least 1)", limit);
    if (!load(clues)) {
      return 0;
    }
    prepare(limit, Long.MAX_VALUE);
    search();
    return found;
  }

  /**
   * Whether some grid agrees with the clues and holds another digit than {@code digit} in a blank
   * cell. On clues that were unique with the cell given, this is "not unique without it".
   */
  boolean isSolvableWithout(int[] clues, int cell, int digit) {
    if (!load(clues)) {
      return false;
    }
    prepare(1, Long.MAX_VALUE);
    int at = 0;
    while (open[at] != cell) {
      at++;
    }
    tryDigits(at, candidatesOf(cell) & ~(1 << (digit - 1)));
    return found > 0;
  }

  /** A full grid: the search from an empty board with every choice of a digit drawn uniformly. */
  int[] randomGrid(PuzzleDraws randomness) {
    load(new int[size.cells()]);
    prepare(1, Long.MAX_VALUE);
    draws = randomness;
    search();
    draws = null;
    return firstSolution;
  }

  private boolean load(int[] clues) {
    size.checkGrid(clues);
    Arrays.fill(used, 0);
    Arrays.fill(candidates, 0);
    openCount = 0;
    for (int cell = 0; cell < clues.length; cell++) {
      grid[cell] = clues[cell];
      if (clues[cell] == 0) {
        open[openCount++] = cell;
      } else {
        int bit = 1 << (clues[cell] - 1);
        if ((candidatesOf(cell) & bit) == 0) {
          return false;
        }
        toggle(cell, bit);
      }
    }
    return true;
  }

  private void prepare(int wantedSolutions, long mostSteps) {
    wanted = wantedSolutions;
    found = 0;
    stepsLeft = mostSteps;
  }

  /** Searches below the current placements; true when the search is over. */
  private boolean search() {
    if (--stepsLeft < 0) {
      return true;
    }
    if (openCount == 0) {
      if (found++ == 0) {
        firstSolution = grid.clone();
      }
      return found == wanted;
    }
    int best = 0;
    int fewest = Integer.MAX_VALUE;
    for (int i = 0; i < openCount && fewest > 1; i++) {
      int mask = candidatesOf(open[i]);
      candidates[open[i]] = mask;
      int count = Integer.bitCount(mask);
      if (count < fewest) {
        fewest = count;
        best = i;
      }
    }
    if (fewest == 0) {
      return false;
    }
    if (fewest == 1) {
      return tryDigits(best, candidates[open[best]]);
    }
    for (int u = 0; u < units.length; u++) {
      int once = 0;
      int twice = 0;
      for (int cell : units[u]) {
        twice |= once & candidates[cell];
        once |= candidates[cell];
      }
      if ((once | used[u]) != everyDigit) {
        return false;
      }
      int single = Integer.lowestOneBit(once & ~twice);
      if (single != 0) {
        return tryDigits(placeOf(single, units[u]), single);
      }
    }
    return tryDigits(best, candidates[open[best]]);
  }

  /** Index in {@code open} of the unit's cell that can take the digit. */
  private int placeOf(int bit, int[] unit) {
    for (int i = 0; i < openCount; i++) {
      if ((candidates[open[i]] & bit) != 0) {
        for (int cell : unit) {
          if (cell == open[i]) {
            return i;
          }
        }
      }
    }
    throw new IllegalStateException("a hidden single has a place");
  }

  private boolean tryDigits(int at, int mask) {
    int cell = open[at];
    int last = open[--openCount];
    open[at] = last;
    boolean over = false;
    for (int left = mask; left != 0 && !over; ) {
      int bit = draws == null ? Integer.lowestOneBit(left) : draws.oneBitOf(left);
      left ^= bit;
      grid[cell] = Integer.numberOfTrailingZeros(bit) + 1;
      candidates[cell] = 0;
      toggle(cell, bit);
      over = search();
      toggle(cell, bit);
    }
    grid[cell] = 0;
    open[at] = cell;
    open[openCount++] = last;
    return over;
  }

  private int candidatesOf(int cell) {
    int k = 3 * cell;
    return everyDigit
        & ~(used[unitsOfCell[k]] | used[unitsOfCell[k + 1]] | used[unitsOfCell[k + 2]]);
  }

  private void toggle(int cell, int bit) {
    int k = 3 * cell;
    used[unitsOfCell[k]] ^= bit;
    used[unitsOfCell[k + 1]] ^= bit;
    used[unitsOfCell[k + 2]] ^= bit;
  }
}
