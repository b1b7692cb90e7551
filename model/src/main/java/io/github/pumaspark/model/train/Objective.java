package io.github.pumaspark.model.train;

import io.github.pumaspark.model.network.GradientListener;
import java.util.BitSet;
import java.util.List;

/**
 * What is trained: turns a step into this rank's share of the gradient, by as many passes as it
 * takes. It owns the order of the data; the loop owns everything that ranks agree on.
 *
 * <p>Calls alternate: {@link #contribute}, {@link #advance}. Between {@code advance} and the next
 * {@code contribute} the state may be saved.
 */
interface Objective {
  /**
   * A rank's share of a step.
   *
   * @param lossSum its addend of the mean loss over the global batch
   * @param maskedCount masked positions
   * @param maskableCount maskable positions
   * @param finished lanes of this rank whose sequence is finished, counted from its first lane
   * @param positions places in the global order of the rank's sequences, by ascending lane
   */
  record Contribution(
      double lossSum,
      long maskedCount,
      long maskableCount,
      BitSet finished,
      List<Long> positions) {}

  /**
   * Adds this rank's gradient of the mean loss over the global batch to the flat gradient, which is
   * zero.
   *
   * @param step first is 1
   * @param finished may be told of ranges that are complete, each once; all is when this returns
   * @param clock books the parts
   */
  Contribution contribute(long step, GradientListener finished, PhaseClock clock);

  /**
   * Goes on to the next step, whether the weights were updated or not.
   *
   * @param finished the finished lanes of every rank, in rank order
   */
  void advance(int rank, List<BitSet> finished);

  /** Positions of the global order handed out so far, over all ranks. */
  long cursor();

  /** Tokens that a step of all ranks processes. */
  long tokensPerStep();
}
