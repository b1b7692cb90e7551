package io.github.pumaspark.model.train;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.network.Pass;
import java.util.Arrays;

/**
 * A rank's part of a step as a list of passes, one for each micro-batch, whose gradients add up.
 */
final class MicroBatches {
  private final Denoiser network;
  private final int microBatchSize;
  private final int globalBatchSize;
  private final long seed;
  private final int firstRow;

  /**
   * @param microBatchSize rows of one pass; 0 = as many as the network deals with best
   * @param globalBatchSize rows of the step over all ranks; every row weighs 1 over this
   * @param seed of dropout
   * @param firstRow number of this rank's first row in the global batch
   */
  MicroBatches(Denoiser network, int microBatchSize, int globalBatchSize, long seed, int firstRow) {
    this.network = network;
    this.microBatchSize = microBatchSize;
    this.globalBatchSize = globalBatchSize;
    this.seed = seed;
    this.firstRow = firstRow;
  }

  /**
   * @param lossSum sum over rows of the mean NLL of their masked positions, over the global batch
   * @param confidence [N], as {@code MaskingStrategy.observe} wants it
   * @param forwardSeconds time of all forward passes
   * @param backwardSeconds time of all backward passes
   */
  record Result(
      double lossSum, float[] confidence, double forwardSeconds, double backwardSeconds) {}

  /**
   * Runs the passes of a step.
   *
   * @param listener hears of the last pass, after which gradients are complete
   */
  Result run(MaskedBatch batch, GradientListener listener) {
    int rowsAtOnce = microBatchSize == 0 ? network.rowsAtOnce(batch.rowCount()) : microBatchSize;
    float[] confidence = new float[batch.positions().length];
    double lossSum = 0;
    double forwardSeconds = 0;
    double backwardSeconds = 0;
    int done = 0;
    for (int row = 0; row < batch.rowCount(); row += rowsAtOnce) {
      int rows = Math.min(rowsAtOnce, batch.rowCount() - row);
      boolean isLast = row + rows == batch.rowCount();
      Denoiser.Scores scores =
          network.forwardBackward(
              pass(batch, row, rows, done), isLast ? listener : GradientListener.none());
      System.arraycopy(scores.confidence(), 0, confidence, done, scores.confidence().length);
      lossSum += scores.lossSum();
      forwardSeconds += scores.forwardSeconds();
      backwardSeconds += scores.backwardSeconds();
      done += scores.confidence().length;
    }
    return new Result(lossSum, confidence, forwardSeconds, backwardSeconds);
  }

  /** Rows [row, row + rows) of a batch, whose masked positions before them are {@code done}. */
  private Pass pass(MaskedBatch batch, int row, int rows, int done) {
    int length = network.sequenceLength();
    int from = row * length;
    int to = from + rows * length;
    int count = 0;
    long[] dropoutKeys = new long[rows];
    for (int r = 0; r < rows; r++) {
      count += batch.maskedCounts()[row + r];
      dropoutKeys[r] = CounterRandom.bits(seed, Purpose.DROPOUT, firstRow + row + r, batch.step());
    }
    int[] positions = new int[count];
    int[] targets = new int[count];
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      int flat = batch.positions()[done + i];
      positions[i] = flat - from;
      targets[i] = batch.cleanTokens()[flat];
      weights[i] = (float) (1.0 / globalBatchSize / batch.maskedCounts()[flat / length]);
    }
    return new Pass(
        Arrays.copyOfRange(batch.noisyTokens(), from, to),
        Arrays.copyOfRange(batch.segments(), from, to),
        positions,
        targets,
        weights,
        dropoutKeys);
  }
}
