package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;

/**
 * How many positions are revealed in each phase: phase j of K takes a revealed ratio r uniform in
 * [j / K, (j + 1) / K).
 *
 * @param seed base of all randomness
 * @param phases K
 */
record RevealSchedule(long seed, int phases) {
  /**
   * Revealed positions of a sequence in a phase: floor(r * maskable length), so that over all
   * phases every count from 0 to maskable length - 1 is equally likely. Does not decrease from
   * phase to phase.
   *
   * @param position position of the sequence in the global order
   * @param maskableLength at least 1
   */
  int revealedCount(long position, int phase, int maskableLength) {
    double draw = CounterRandom.uniform(seed, Purpose.REVEALED_RATIO, position, phase);
    int count = (int) ((phase + draw) / phases * maskableLength);
    return Math.min(count, maskableLength - 1);
  }
}
