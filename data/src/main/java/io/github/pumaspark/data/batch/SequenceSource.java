package io.github.pumaspark.data.batch;

/** The training sequences in their one global order, which depends on the seed and nothing else. */
public interface SequenceSource {
  /** Length of every row (L). */
  int sequenceLength();

  /** Rows in the dataset: the length of one epoch. */
  long rows();

  /**
   * The sequence at a position of the endless order: position {@code epoch * rows() + i} is the
   * i-th of that epoch, and every epoch holds every row once.
   *
   * @param position in [0, 2^62)
   */
  Sequence at(long position);
}
