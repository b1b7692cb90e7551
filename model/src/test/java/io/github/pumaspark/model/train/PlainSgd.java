package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.Optimizer;
import java.nio.FloatBuffer;
import java.util.List;

/** Gradient descent without anything, in the host's buffers. */
final class PlainSgd implements Optimizer {
  private final FloatBuffer weights;
  private final FloatBuffer gradient;
  private final List<Segment> segments;
  private double learningRate;

  /**
   * @param parameters in the host's memory
   */
  PlainSgd(Parameters parameters, List<Segment> segments) {
    this.weights = parameters.hostWeights();
    this.gradient = parameters.hostGradient();
    this.segments = segments;
  }

  @Override
  public double gradientSquaredNorm(int segment) {
    double sum = 0;
    for (int i = segments.get(segment).start(); i < segments.get(segment).end(); i++) {
      sum += (double) gradient.get(i) * gradient.get(i);
    }
    return sum;
  }

  @Override
  public void begin(double newLearningRate, double gradientNorm) {
    learningRate = newLearningRate;
  }

  @Override
  public void update(int segment) {
    for (int i = segments.get(segment).start(); i < segments.get(segment).end(); i++) {
      weights.put(i, (float) (weights.get(i) - learningRate * gradient.get(i)));
    }
  }
}
