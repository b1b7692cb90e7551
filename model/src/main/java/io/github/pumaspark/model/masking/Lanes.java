package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.lang.Check;

/**
 * The lanes of the global batch that one rank trains: [first, first + count).
 *
 * @param globalBatchSize lanes over all ranks
 * @param first first lane of this rank
 * @param count lanes of this rank (B), at least 1
 */
record Lanes(int globalBatchSize, int first, int count) {
  Lanes {
    Check.argument(
        first >= 0 && count > 0 && count <= globalBatchSize - first,
        "Invalid lanes: %s from lane %s (must lie in a global batch of %s)",
        count,
        first,
        globalBatchSize);
  }
}
