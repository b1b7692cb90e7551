package io.github.pumaspark.model.masking;

import java.util.BitSet;
import java.util.List;

/**
 * How many lanes finished in a step.
 *
 * @param before in the ranks before this one
 * @param total over all ranks
 */
record FinishedLanes(long before, long total) {
  /**
   * Counts what the ranks exchanged.
   *
   * @param rank this rank
   * @param finished of every rank, in rank order
   * @param own what this rank contributed
   * @throws IllegalStateException if the entry of this rank is not what it contributed
   */
  static FinishedLanes count(int rank, List<BitSet> finished, BitSet own) {
    if (rank < 0 || rank >= finished.size() || !finished.get(rank).equals(own)) {
      throw new IllegalStateException(
          String.format(
              "Cannot advance rank %d: finished lanes %s are not its own %s", rank, finished, own));
    }
    long before = 0;
    long total = 0;
    for (int r = 0; r < finished.size(); r++) {
      int count = finished.get(r).cardinality();
      before += r < rank ? count : 0;
      total += count;
    }
    return new FinishedLanes(before, total);
  }
}
