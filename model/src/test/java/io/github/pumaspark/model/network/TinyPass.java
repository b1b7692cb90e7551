package io.github.pumaspark.model.network;

import java.util.Arrays;
import java.util.Random;
import java.util.function.IntFunction;

/** Random inputs of a {@link TinyNetworks} network. */
final class TinyPass {
  /** How documents lie in a row. */
  enum Documents {
    ONE,
    /** Several to a row, of different lengths in every row. */
    PACKED,
    /** One to a row, ending before the row does; padding is a document of its own. */
    PADDED
  }

  private TinyPass() {}

  /**
   * A pass over random tokens.
   *
   * @param count positions with a loss; at most {@code rows * length}
   */
  static Pass of(int rows, int length, Documents documents, int count, long seed) {
    Random random = new Random(seed);
    int cells = rows * length;
    int[] tokens = random.ints(cells, 0, TinyNetworks.VOCAB).toArray();
    int[] segments = new int[cells];
    for (int row = 0; row < rows; row++) {
      int end = length - 1 - row % Math.max(1, length - 1);
      for (int i = 1; i < length; i++) {
        int before = segments[row * length + i - 1];
        segments[row * length + i] =
            switch (documents) {
              case ONE -> 0;
              case PACKED -> before + (random.nextInt(3) == 0 ? 1 : 0);
              case PADDED -> i < end ? 0 : 1;
            };
      }
    }
    int[] order = shuffled(cells, random);
    int[] positions = Arrays.copyOf(order, count);
    Arrays.sort(positions);
    int[] targets = random.ints(count, 0, TinyNetworks.MASK).toArray();
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      tokens[positions[i]] = TinyNetworks.MASK;
      weights[i] = 0.1f + random.nextFloat();
    }
    long[] keys = random.longs(rows).toArray();
    return new Pass(tokens, segments, positions, targets, weights, keys);
  }

  /** The weighted loss of a pass, by the plain equations over all positions and the vocabulary. */
  static double plainLoss(PlainDenoiser plain, Pass pass, int length) {
    return plainLoss(plain, pass, length, row -> PlainDenoiser.Dropping.NONE);
  }

  /** The same in training. */
  static double plainLoss(
      PlainDenoiser plain, Pass pass, int length, IntFunction<PlainDenoiser.Dropping> dropping) {
    double loss = 0;
    for (int i = 0; i < pass.positions().length; i++) {
      int row = pass.positions()[i] / length;
      double[] logs = at(plain, pass, length, i, dropping.apply(row));
      loss -= pass.lossWeights()[i] * logs[pass.targets()[i]];
    }
    return loss;
  }

  /** Log probabilities at the i-th position of a pass. */
  static double[] at(PlainDenoiser plain, Pass pass, int length, int i) {
    return at(plain, pass, length, i, PlainDenoiser.Dropping.NONE);
  }

  private static double[] at(
      PlainDenoiser plain, Pass pass, int length, int i, PlainDenoiser.Dropping dropping) {
    int flat = pass.positions()[i];
    int from = flat / length * length;
    return plain
        .logProbabilities(
            Arrays.copyOfRange(pass.noisyTokens(), from, from + length),
            Arrays.copyOfRange(pass.segments(), from, from + length),
            dropping)[flat - from];
  }

  private static int[] shuffled(int count, Random random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
