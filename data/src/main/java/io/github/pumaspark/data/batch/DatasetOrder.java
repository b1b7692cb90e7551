package io.github.pumaspark.data.batch;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.data.random.Permutation;

/**
 * The rows of a dataset in training order: each epoch is its own permutation, a pure function of
 * (seed, epoch). Thread-safe; any position is reached at the same small cost, so a run resumes
 * anywhere and at any world size.
 */
public final class DatasetOrder implements SequenceSource {
  private static final long POSITIONS = 1L << 62;

  private final TokenDataset dataset;
  private final long seed;

  /**
   * An order of a dataset, which stays the caller's to close.
   *
   * @throws ConfigException if the dataset has no rows
   */
  public DatasetOrder(TokenDataset dataset, long seed) {
    if (dataset.rows() == 0) {
      throw new ConfigException(
          "Cannot train on dataset '%s' (%s): it has no rows. Shard a corpus with more documents."
              .formatted(dataset.manifest().name(), dataset.manifest().split()));
    }
    this.dataset = dataset;
    this.seed = seed;
  }

  @Override
  public int sequenceLength() {
    return dataset.sequenceLength();
  }

  @Override
  public long rows() {
    return dataset.rows();
  }

  @Override
  public Sequence at(long position) {
    return dataset.row(rowId(position));
  }

  /** Global number of the row at a position, without reading it. */
  public long rowId(long position) {
    Check.argument(
        position >= 0 && position < POSITIONS,
        "Invalid position: %s (must be in [0, 2^62))",
        position);
    long epoch = position / rows();
    return new Permutation(seed, Purpose.SAMPLE_ORDER, epoch, rows()).apply(position % rows());
  }
}
