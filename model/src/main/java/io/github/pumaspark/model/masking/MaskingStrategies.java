package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.SequenceSource;

/** Makes the {@link MaskingStrategy} that a configuration asks for. */
public final class MaskingStrategies {
  private MaskingStrategies() {}

  /**
   * The strategy of one rank at the start of a run.
   *
   * @param source sequences in their global order; read by this rank only for its own lanes
   * @param seed base of all randomness, the same on every rank
   * @param globalBatchSize lanes over all ranks
   * @param firstLane first lane of this rank
   * @param lanes lanes of this rank (B), at least 1
   * @throws IllegalArgumentException if the lanes do not lie in the global batch, or the pool has
   *     2^31 rows or more
   */
  public static MaskingStrategy of(
      MaskingConfig config,
      SequenceSource source,
      long seed,
      int globalBatchSize,
      int firstLane,
      int lanes,
      int maskTokenId) {
    Lanes own = new Lanes(globalBatchSize, firstLane, lanes);
    return switch (config.strategy()) {
      case RANDOM -> new RandomMasking(source, seed, own, maskTokenId);
      case PROGRESSIVE -> new ProgressiveMasking(config, source, seed, own, maskTokenId);
    };
  }
}
