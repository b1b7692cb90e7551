package io.github.pumaspark.model.network;

/**
 * The denoiser as samplers and evaluators see it: tokens in, scores of chosen positions out, no
 * gradients.
 *
 * <p>Not thread-safe. An implementation owns native memory until it is closed.
 */
public interface Predictor extends AutoCloseable {
  /** Length of a row (L). */
  int sequenceLength();

  /** The id standing for "unknown"; never predicted. */
  int maskTokenId();

  /**
   * Scores of chosen positions; B rows of L positions.
   *
   * @param noisyTokens [B * L], row-major token ids, {@code maskTokenId} where unknown
   * @param segments [B * L], row-major, document number within the row; positions attend only to
   *     equal numbers of their own row
   * @param positions [N], flat indices into {@code noisyTokens}, strictly ascending
   * @param targets [N], the true token at each position, or null if {@code targetLogProb} is not
   *     wanted
   */
  Prediction predict(
      int[] noisyTokens,
      int[] segments,
      int[] positions,
      int @org.jspecify.annotations.Nullable [] targets);

  @Override
  void close();

  /**
   * Scores of N positions, in the order asked; probabilities are over the vocabulary without the
   * mask token.
   *
   * @param token [N], the most probable token, lowest id first among equals
   * @param maxLogProb [N], its natural-log probability
   * @param margin [N], its probability minus that of the second, in [0, 1]
   * @param entropy [N], in nats
   * @param targetLogProb [N], natural-log probability of the target; empty if no targets were given
   */
  record Prediction(
      int[] token, float[] maxLogProb, float[] margin, float[] entropy, float[] targetLogProb) {}
}
