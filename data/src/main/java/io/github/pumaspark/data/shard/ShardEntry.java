package io.github.pumaspark.data.shard;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.util.List;
import java.util.Objects;

/**
 * One shard as the manifest lists it.
 *
 * @param path file name within the dataset directory
 * @param bytes length of the file
 * @param sha256 SHA-256 of the file, lower-case hexadecimal
 * @param rows rows in it
 * @param tokens used positions in it, padding not counted
 * @param firstRow global number of its first row
 * @param maxTokenId largest id in it, -1 without rows
 * @param batches its record batches, without gaps between them
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({
  "path",
  "bytes",
  "sha256",
  "rows",
  "tokens",
  "first_row",
  "max_token_id",
  "batches"
})
public record ShardEntry(
    String path,
    long bytes,
    String sha256,
    long rows,
    long tokens,
    long firstRow,
    int maxTokenId,
    List<BatchEntry> batches)
    implements Serializable {
  public ShardEntry {
    Objects.requireNonNull(path, "shard path is missing");
    Objects.requireNonNull(sha256, "shard sha256 is missing");
    batches = List.copyOf(Objects.requireNonNull(batches, "shard batches are missing"));
    Check.argument(
        !path.isEmpty() && path.indexOf('/') < 0 && path.indexOf('\\') < 0 && !path.startsWith("."),
        "Invalid shard path: '%s' (must be a file name in the dataset directory)",
        path);
    Check.argument(
        bytes > 0 && bytes <= Integer.MAX_VALUE,
        "Invalid bytes of shard '%s': %s (must be in [1, 2^31))",
        path,
        bytes);
    long batchRows = 0;
    for (int b = 0; b < batches.size(); b++) {
      BatchEntry batch = batches.get(b);
      long end = b + 1 < batches.size() ? batches.get(b + 1).offset() : bytes;
      long found = batch.offset() + batch.bytes();
      Check.argument(
          b + 1 < batches.size() ? found == end : found <= end,
          "Invalid batch %s of shard '%s': it ends at byte %s (must be %s)",
          b,
          path,
          found,
          end);
      batchRows += batch.rows();
    }
    Check.argument(
        rows == batchRows,
        "Invalid rows of shard '%s': %s (its batches have %s)",
        path,
        rows,
        batchRows);
  }
}
