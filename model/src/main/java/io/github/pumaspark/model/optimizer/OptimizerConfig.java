package io.github.pumaspark.model.optimizer;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * AdamW and its schedule, keys {@code optimizer.*}.
 *
 * @param learningRate peak, after warm-up and before decay
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root of the second moment
 * @param weightDecay decoupled, on every parameter
 * @param clipNorm global gradient norm above which gradients are scaled down; 0 = never
 * @param warmupSteps steps of linear growth from 0 to the peak
 * @param emaDecay decay of the exponential moving average of the weights, in [0, 1); 0 = no average
 */
public record OptimizerConfig(
    double learningRate,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clipNorm,
    int warmupSteps,
    double emaDecay)
    implements Serializable {
  public OptimizerConfig {
    Check.argument(learningRate > 0, "optimizer.learning-rate must be positive: %s", learningRate);
    Check.argument(0 <= beta1 && beta1 < 1, "optimizer.beta1 must be in [0, 1): %s", beta1);
    Check.argument(0 <= beta2 && beta2 < 1, "optimizer.beta2 must be in [0, 1): %s", beta2);
    Check.argument(epsilon > 0, "optimizer.epsilon must be positive: %s", epsilon);
    Check.argument(
        weightDecay >= 0, "optimizer.weight-decay must not be negative: %s", weightDecay);
    Check.argument(clipNorm >= 0, "optimizer.clip-norm must not be negative: %s", clipNorm);
    Check.argument(
        warmupSteps >= 0, "optimizer.warmup-steps must not be negative: %s", warmupSteps);
    Check.argument(
        0 <= emaDecay && emaDecay < 1, "optimizer.ema-decay must be in [0, 1): %s", emaDecay);
  }
}
