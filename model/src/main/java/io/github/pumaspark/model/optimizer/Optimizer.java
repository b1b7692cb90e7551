package io.github.pumaspark.model.optimizer;

/**
 * Turns the gradient of some segments of the flat parameters into an update of their weights, one
 * segment at a time, so that an updated segment can travel while the next one is computed.
 *
 * <p>Segments are numbered as they were given; each belongs to one rank's part of a bucket. Not
 * thread-safe.
 */
public interface Optimizer {
  /** Sum of squares of a segment's gradient, in float64. */
  double gradientSquaredNorm(int segment);

  /**
   * Begins the next update, which then comes to every segment once.
   *
   * @param gradientNorm over all segments of all ranks
   */
  void begin(double learningRate, double gradientNorm);

  /** Updates the weights of a segment; its gradient may be overwritten. */
  void update(int segment);
}
