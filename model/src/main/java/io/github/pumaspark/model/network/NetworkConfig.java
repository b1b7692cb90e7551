package io.github.pumaspark.model.network;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * Sizes of the transformer, keys {@code network.*}; vocabulary and sequence length come from the
 * dataset.
 *
 * @param width channels of the residual stream (D)
 * @param layers transformer blocks
 * @param heads query heads (H); must divide {@code width}, and {@code width / heads} must be even
 * @param keyValueHeads key and value heads; must divide {@code heads}
 * @param feedForwardWidth inner channels of SwiGLU
 * @param ropeBase base of the rotary position frequencies
 * @param normEpsilon added to the mean square in RMSNorm
 * @param tiedHead whether the head's matrix is the embedding
 * @param initStd standard deviation of the initial weights
 */
public record NetworkConfig(
    int width,
    int layers,
    int heads,
    int keyValueHeads,
    int feedForwardWidth,
    double ropeBase,
    double normEpsilon,
    boolean tiedHead,
    double initStd)
    implements Serializable {
  public NetworkConfig {
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
    Check.argument(initStd > 0, "network.init-std must be positive: %s", initStd);
  }

  /** Channels of one head. */
  public int headWidth() {
    return width / heads;
  }
}
