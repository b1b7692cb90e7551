package io.github.pumaspark.data.manifest;

import io.github.pumaspark.data.shard.Mismatch;
import java.util.List;

/**
 * What verifying a dataset found.
 *
 * @param shards shards listed in the manifest
 * @param rows rows that the manifest counts
 * @param tokens tokens that the manifest counts
 * @param bytes bytes of all listed shards
 * @param mismatches every difference, in the order of the shards; empty if the dataset is intact
 * @param unlisted files that look like shards and are not in the manifest; readers ignore them
 */
public record VerificationReport(
    int shards,
    long rows,
    long tokens,
    long bytes,
    List<Mismatch> mismatches,
    List<String> unlisted) {
  public VerificationReport {
    mismatches = List.copyOf(mismatches);
    unlisted = List.copyOf(unlisted);
  }

  /** Whether the dataset is exactly what was written. */
  public boolean isIntact() {
    return mismatches.isEmpty();
  }
}
