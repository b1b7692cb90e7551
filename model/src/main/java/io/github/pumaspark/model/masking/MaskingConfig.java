package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * How a step masks, keys {@code masking.*}.
 *
 * @param strategy {@code random} (exact count, uniform subset) or {@code progressive} (PUMA)
 * @param phases stages between almost fully masked and almost clean (the paper's K); progressive
 *     only
 * @param poolFactor pool rows per row of the global batch, 1 = the paper; progressive only
 */
public record MaskingConfig(Strategy strategy, int phases, int poolFactor) implements Serializable {
  public MaskingConfig {
    Check.argument(phases > 0, "masking.phases must be positive: %s", phases);
    Check.argument(poolFactor > 0, "masking.pool-factor must be positive: %s", poolFactor);
  }

  /** The strategies; keys are their names in lower case. */
  public enum Strategy {
    RANDOM,
    PROGRESSIVE
  }
}
