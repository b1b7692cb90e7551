package io.github.pumaspark.model.sampling;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * How rows are filled; every revealed token is the most probable one.
 *
 * @param order which masked positions are revealed first
 * @param tokensPerStep positions revealed per row and forward pass
 * @param batchSize rows per forward pass; does not change what a row becomes
 * @param seed base of {@link RevealOrder#RANDOM}; the other orders do not read it
 */
public record SamplerConfig(RevealOrder order, int tokensPerStep, int batchSize, long seed)
    implements Serializable {
  public SamplerConfig {
    Check.argument(tokensPerStep > 0, "tokens-per-step must be positive: %s", tokensPerStep);
    Check.argument(batchSize > 0, "batch-size must be positive: %s", batchSize);
  }
}
