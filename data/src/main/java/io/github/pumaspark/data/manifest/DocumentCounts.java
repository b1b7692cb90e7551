package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.lang.Check;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of every document that was read; nothing is lost without a count.
 *
 * @param docsIn documents read
 * @param docsOut documents in this dataset
 * @param dropped documents left out on purpose, by reason, for example {@code validation} for those
 *     of the other split
 * @param quarantined documents that could not be used, by reason
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({"docs_in", "docs_out", "dropped", "quarantined"})
public record DocumentCounts(
    long docsIn,
    long docsOut,
    SortedMap<String, Long> dropped,
    SortedMap<String, Long> quarantined) {

  /**
   * Copies the maps.
   *
   * @throws IllegalArgumentException if in is not out + dropped + quarantined
   */
  public DocumentCounts {
    dropped = copy(dropped, "dropped");
    quarantined = copy(quarantined, "quarantined");
    long sum = docsOut + sum(dropped) + sum(quarantined);
    Check.argument(
        docsIn == sum,
        "Invalid document counts: %s in (must be %s out + %s dropped + %s quarantined)",
        docsIn,
        docsOut,
        sum(dropped),
        sum(quarantined));
  }

  private static SortedMap<String, Long> copy(Map<String, Long> counts, String name) {
    Objects.requireNonNull(counts, name + " counts are missing");
    return Collections.unmodifiableSortedMap(new TreeMap<>(counts));
  }

  private static long sum(Map<String, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }
}
