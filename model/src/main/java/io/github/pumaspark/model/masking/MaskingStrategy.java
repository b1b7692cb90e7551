package io.github.pumaspark.model.masking;

import java.util.BitSet;
import java.util.List;

/**
 * Decides what each step masks. One instance per rank, not thread-safe; every random choice is a
 * pure function of (seed, position in the global order, phase), so that the world size does not
 * matter.
 *
 * <p>The global batch has {@code globalBatchSize} lanes; a rank owns the contiguous lanes
 * [firstLane, firstLane + B). Every step trains one sequence per lane. When a sequence is finished,
 * its lane takes the next position of the one global order, finished lanes in ascending order over
 * all ranks.
 *
 * <p>Calls alternate: {@link #next}, {@link #observe}, {@link #advance}. Between {@code advance}
 * and the next {@code next} the state may be saved.
 */
public interface MaskingStrategy {
  /**
   * The rows of this rank for a step. May be repeated: it changes nothing.
   *
   * @param step the step, first is 1
   */
  MaskedBatch next(long step);

  /**
   * Takes the model's confidences of the batch just trained on and reveals accordingly.
   *
   * @param confidence [N], natural log of the largest probability at {@code MaskedBatch.positions},
   *     same order, from the forward pass of this step; it must not depend on the hidden tokens. Of
   *     equal ones the lowest position counts as more confident; NaN counts as the least
   * @return a copy of the lanes of this rank, counted from 0 at its first lane, whose sequence is
   *     finished
   */
  BitSet observe(float[] confidence);

  /**
   * Replaces the finished sequences.
   *
   * @param rank this rank: its entry in {@code finished}
   * @param finished the finished lanes of every rank, in rank order, each as {@link #observe}
   *     returned it; ranks in rank order own the lanes in ascending order
   * @throws IllegalStateException if the entry of this rank is not what its {@code observe}
   *     returned
   */
  void advance(int rank, List<BitSet> finished);

  /**
   * Positions of the global order handed out so far, over all ranks: distinct sequences consumed,
   * those waiting in the pool included. Changes in {@link #advance} and {@link #restore} only.
   */
  long cursor();

  /**
   * The pool rows of this rank, to be stored by global pool row; empty for a strategy without a
   * pool.
   */
  PoolRows poolRows();

  /**
   * Goes on from stored state: the cursor, and the pool rows of this rank among those given (rows
   * of other ranks are skipped). The next steps are those of a run that was never interrupted, if
   * {@link #next} is called with the step that is due; the number of ranks may differ.
   *
   * @throws io.github.pumaspark.data.lang.ConfigException if the rows were stored under other
   *     masking settings or another global batch size, or do not fit the sequences
   */
  void restore(long cursor, PoolRows poolRows);
}
