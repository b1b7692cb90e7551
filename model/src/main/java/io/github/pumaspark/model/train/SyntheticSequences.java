package io.github.pumaspark.model.train;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.SequenceSource;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Endless rows of random tokens, the same at every call.
 *
 * @param sequenceLength L
 * @param promptLength positions at the start of a row that are given
 * @param tokenBound tokens are in [0, tokenBound)
 */
record SyntheticSequences(int sequenceLength, int promptLength, int tokenBound)
    implements SequenceSource {
  @Override
  public long rows() {
    return 1L << 40;
  }

  @Override
  public Sequence at(long position) {
    int[] tokens = new SplittableRandom(position).ints(sequenceLength, 0, tokenBound).toArray();
    boolean[] prompt = new boolean[sequenceLength];
    Arrays.fill(prompt, 0, promptLength, true);
    return new Sequence(position, tokens, prompt, new int[sequenceLength], sequenceLength);
  }
}
