package io.github.pumaspark.model.sampling;

/** Told about every reveal while rows are being filled. */
@FunctionalInterface
public interface SamplerTrace {
  /**
   * One step of one row.
   *
   * @param row index in the list given to the sampler
   * @param step forward passes of this row so far; the first is 1
   * @param positions [n] revealed now, ascending, in [0, L)
   * @param tokens [n] what was written there
   */
  void revealed(int row, int step, int[] positions, int[] tokens);

  /** Ignores everything. */
  static SamplerTrace none() {
    return (row, step, positions, tokens) -> {};
  }
}
