package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Objects;

/**
 * One corpus of a dataset, to which rows point by its id.
 *
 * @param id index in the manifest's list
 * @param name name for people
 * @param tokens its tokens in this dataset
 * @param docs its documents in this dataset
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({"id", "name", "tokens", "docs"})
public record SourceEntry(int id, String name, long tokens, long docs) {
  public SourceEntry {
    Objects.requireNonNull(name, "source name is missing");
  }
}
