package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.Arrays;

/** The phases in which the pool starts, so that every step sees all phases from the first on. */
final class InitialPhases {
  /*
   * Every pool row gets its own number n in [0, pool size), and starts in phase floor(n * phases / pool
   * size): the phases of the pool are as even as they can be, also when there are fewer rows than phases.
   * A group, which is what one step trains, takes every poolFactor-th number, so that its phases are as
   * even too and the rows finished per step stay the same within one. Which lane takes which of its
   * group's numbers is random, so that no rank is favoured.
   */
  private InitialPhases() {}

  /**
   * Phases of the whole pool by global pool row, a pure function of the arguments.
   *
   * @param lanes lanes over all ranks
   * @param groups pool rows per lane
   */
  static int[] of(long seed, int phases, int lanes, int groups) {
    int size = Math.multiplyExact(lanes, groups);
    int[] result = new int[size];
    int[] firstNumbers = shuffled(groups, seed, -1);
    for (int group = 0; group < groups; group++) {
      int[] order = shuffled(lanes, seed, group);
      for (int lane = 0; lane < lanes; lane++) {
        long number = (long) order[lane] * groups + firstNumbers[group];
        result[lane * groups + group] = (int) (number * phases / size);
      }
    }
    return result;
  }

  private static int[] shuffled(int size, long seed, long id) {
    int[] items = new int[size];
    Arrays.setAll(items, i -> i);
    Shuffle.front(items, size, size, seed, Purpose.INITIAL_PHASE, id);
    return items;
  }
}
