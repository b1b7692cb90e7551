package io.github.pumaspark.model.train;

import java.util.List;

/**
 * The numbers of a step over all ranks, added in rank order.
 *
 * @param loss mean over the global batch
 * @param maskRatio masked / maskable positions of the global batch, in [0, 1]
 * @param gradientNorm L2 norm before clipping
 */
record StepTotals(double loss, double maskRatio, double gradientNorm) {
  static StepTotals of(List<RankRecord> records) {
    double loss = 0;
    double squaredNorm = 0;
    long masked = 0;
    long maskable = 0;
    for (RankRecord record : records) {
      loss += record.lossSum();
      squaredNorm += record.gradientSquaredNorm();
      masked += record.maskedCount();
      maskable += record.maskableCount();
    }
    return new StepTotals(loss, masked / (double) Math.max(1, maskable), Math.sqrt(squaredNorm));
  }
}
