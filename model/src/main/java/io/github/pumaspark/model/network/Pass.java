package io.github.pumaspark.model.network;

/**
 * The input of one forward and backward pass; B rows of L positions. A step is a list of passes
 * whose gradients add up.
 *
 * @param noisyTokens [B * L], row-major, in [0, V)
 * @param segments [B * L], document number within the row; padding is a document of its own
 * @param positions [N], flat indices of the positions that the loss is taken at, strictly ascending
 * @param targets [N], the clean tokens there
 * @param lossWeights [N], weight of each position in the loss
 * @param dropoutKeys [B], random bits of each row, from which it is drawn what is dropped; not
 *     looked at without dropout
 */
public record Pass(
    int[] noisyTokens,
    int[] segments,
    int[] positions,
    int[] targets,
    float[] lossWeights,
    long[] dropoutKeys) {}
