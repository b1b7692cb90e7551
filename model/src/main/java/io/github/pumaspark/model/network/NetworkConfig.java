package io.github.pumaspark.model.network;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * Sizes and options of the transformer, keys {@code network.*}.
 *
 * @param vocabSize rows of the embedding, the mask token's included; 0 = as many as the dataset's
 *     tokenizer has ids
 * @param maxPositions longest row that the network takes; 0 = the dataset's sequence length
 * @param width channels of the residual stream (D)
 * @param layers transformer blocks
 * @param heads query heads (H); must divide {@code width}, and {@code width / heads} must be even
 * @param keyValueHeads key and value heads; must divide {@code heads}
 * @param feedForwardWidth inner channels of SwiGLU
 * @param ropeBase base of the rotary position frequencies
 * @param normEpsilon added to the mean square in RMSNorm
 * @param tiedHead whether the head's matrix is the embedding
 * @param causal whether a position sees only itself and earlier ones
 * @param dropout probability with which a channel of a branch's output (attention, SwiGLU) is
 *     dropped in training, in [0, 1)
 * @param initStd standard deviation of the initial weights; {@link NetworkProfile#DEFAULT} only
 * @param profile which of two sets of equations
 */
public record NetworkConfig(
    int vocabSize,
    int maxPositions,
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int feedForwardWidth,
    double ropeBase,
    double normEpsilon,
    boolean tiedHead,
    boolean causal,
    double dropout,
    double initStd,
    NetworkProfile profile)
    implements Serializable {
  public NetworkConfig {
    Check.argument(
        vocabSize == 0 || vocabSize >= 2,
        "network.vocab-size must be 0 or at least 2: %s",
        vocabSize);
    Check.argument(
        maxPositions >= 0, "network.max-positions must not be negative: %s", maxPositions);
    Check.argument(width > 0, "network.width must be positive: %s", width);
    Check.argument(layers > 0, "network.layers must be positive: %s", layers);
    Check.argument(
        heads > 0 && width % heads == 0,
        "network.heads must divide network.width %s: %s",
        width,
        heads);
    Check.argument(
        width / heads % 2 == 0,
        "network.width / network.heads must be even (rotary pairs): %s / %s",
        width,
        heads);
    Check.argument(
        keyValueHeads > 0 && heads % keyValueHeads == 0,
        "network.key-value-heads must divide network.heads %s: %s",
        heads,
        keyValueHeads);
    Check.argument(
        feedForwardWidth > 0, "network.feed-forward-width must be positive: %s", feedForwardWidth);
    Check.argument(ropeBase > 1, "network.rope-base must be greater than 1: %s", ropeBase);
    Check.argument(normEpsilon > 0, "network.norm-epsilon must be positive: %s", normEpsilon);
    Check.argument(0 <= dropout && dropout < 1, "network.dropout must be in [0, 1): %s", dropout);
    Check.argument(initStd > 0, "network.init-std must be positive: %s", initStd);
  }

  /**
   * Rows of the embedding (V) for data of a tokenizer: {@link #vocabSize} if it is set.
   *
   * @param tokenizerVocabSize ids of the tokenizer, mask token included
   */
  public int vocabSizeOr(int tokenizerVocabSize) {
    return vocabSize > 0 ? vocabSize : tokenizerVocabSize;
  }

  /** Channels of one head. */
  public int headWidth() {
    return width / heads;
  }
}
