package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * How the likelihood bound of a document is estimated. Documents of at most 6 maskable tokens are
 * computed exactly and read only {@code batchSize}.
 *
 * @param strata mask counts drawn per replicate, one from each equal part of {1..length}
 * @param replicates independent repetitions of the strata; from 2 the sampling error is measured
 * @param batchSize rows per forward pass; does not change the estimate
 * @param seed base of the masks; the same seed gives every checkpoint the same masks
 */
public record LikelihoodConfig(int strata, int replicates, int batchSize, long seed)
    implements Serializable {
  /** Maskable lengths up to this are enumerated: at most 63 masks. */
  public static final int EXACT_LENGTH = 6;

  public LikelihoodConfig {
    Check.argument(strata > 0, "likelihood strata must be positive: %s", strata);
    Check.argument(replicates > 0, "likelihood replicates must be positive: %s", replicates);
    Check.argument(batchSize > 0, "batch-size must be positive: %s", batchSize);
  }
}
