package io.github.pumaspark.model.train;

import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.network.Denoiser;
import java.util.Arrays;

/** Runs a rank's batch through the network in micro-batches, adding up gradients. */
final class MicroBatches {
  private final Denoiser network;
  private final int microBatchSize;
  private final int globalBatchSize;

  /**
   * @param microBatchSize rows of one forward-backward; 0 = all rows at once
   * @param globalBatchSize rows of the step over all ranks; every row weighs 1 over this
   */
  MicroBatches(Denoiser network, int microBatchSize, int globalBatchSize) {
    this.network = network;
    this.microBatchSize = microBatchSize;
    this.globalBatchSize = globalBatchSize;
  }

  /**
   * @param lossSum sum over rows of the mean NLL of their masked positions, over the global batch
   * @param confidence [N], as {@code MaskingStrategy.observe} wants it
   */
  record Result(double lossSum, float[] confidence) {}

  Result run(MaskedBatch batch) {
    int length = network.sequenceLength();
    int rowsAtOnce = microBatchSize == 0 ? Math.max(1, batch.rowCount()) : microBatchSize;
    float[] confidence = new float[batch.positions().length];
    double lossSum = 0;
    int done = 0;
    for (int row = 0; row < batch.rowCount(); row += rowsAtOnce) {
      int rows = Math.min(rowsAtOnce, batch.rowCount() - row);
      int from = row * length;
      int to = from + rows * length;
      int end = done;
      for (int r = row; r < row + rows; r++) {
        end += batch.maskedCounts()[r];
      }
      int[] positions = new int[end - done];
      int[] targets = new int[end - done];
      float[] weights = new float[end - done];
      for (int i = 0; i < positions.length; i++) {
        int flat = batch.positions()[done + i];
        positions[i] = flat - from;
        targets[i] = batch.cleanTokens()[flat];
        weights[i] = (float) (1.0 / globalBatchSize / batch.maskedCounts()[flat / length]);
      }
      Denoiser.Scores scores =
          network.forwardBackward(
              Arrays.copyOfRange(batch.noisyTokens(), from, to),
              Arrays.copyOfRange(batch.segments(), from, to),
              positions,
              targets,
              weights);
      System.arraycopy(scores.confidence(), 0, confidence, done, positions.length);
      lossSum += scores.lossSum();
      done = end;
    }
    return new Result(lossSum, confidence);
  }
}
