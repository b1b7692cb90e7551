package io.github.pumaspark.model.train;

import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.network.Parameters;
import java.nio.FloatBuffer;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Linear regression, many independent runs of it at once: y = x . 1 + noise with x ~ N(0, diag(h)),
 * and column c of the one parameter [d, columns] is the estimate of run c. A step's loss is the
 * mean of (x . w - y)^2 / 2 over the rows of the global batch, as that of the networks is.
 *
 * @param spectrum [d], the variances h
 * @param noise standard deviation
 * @param firstRow of this rank in the global batch
 * @param endRow one past its last
 */
record ReplicatedRegression(
    Parameters parameters,
    double[] spectrum,
    double noise,
    int columns,
    int globalBatch,
    int firstRow,
    int endRow)
    implements Objective {
  @Override
  public Contribution contribute(long step, GradientListener finished, PhaseClock clock) {
    FloatBuffer weights = parameters.hostWeights();
    FloatBuffer gradient = parameters.hostGradient();
    double lossSum = 0;
    double[] x = new double[spectrum.length];
    for (int row = firstRow; row < endRow; row++) {
      SplittableRandom random = new SplittableRandom(step * 1_000_003 + row);
      for (int column = 0; column < columns; column++) {
        double error = noise * random.nextGaussian();
        for (int j = 0; j < x.length; j++) {
          x[j] = Math.sqrt(spectrum[j]) * random.nextGaussian();
          error += x[j] * (weights.get(j * columns + column) - 1);
        }
        lossSum += error * error / 2 / columns / globalBatch;
        for (int j = 0; j < x.length; j++) {
          int at = j * columns + column;
          gradient.put(at, gradient.get(at) + (float) (error * x[j] / globalBatch));
        }
      }
    }
    finished.finished(0, parameters.table().length());
    return new Contribution(lossSum, 0, 0, new BitSet(), List.of());
  }

  @Override
  public void advance(int rank, List<BitSet> finished) {}

  @Override
  public long cursor() {
    return 0;
  }

  @Override
  public long tokensPerStep() {
    return globalBatch;
  }

  /** Mean over the runs of the risk above that of the best weights. */
  double excessRisk() {
    double risk = 0;
    FloatBuffer weights = parameters.hostWeights();
    for (int j = 0; j < spectrum.length; j++) {
      for (int column = 0; column < columns; column++) {
        double error = weights.get(j * columns + column) - 1;
        risk += spectrum[j] * error * error / 2 / columns;
      }
    }
    return risk;
  }
}
