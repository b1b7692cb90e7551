package io.github.pumaspark.data.shard;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.util.Objects;

/**
 * One record batch of a shard.
 *
 * @param offset byte at which its message starts in the file
 * @param bytes length of its message, header and body
 * @param rows rows in it
 * @param crc32c CRC-32C of these bytes, 8 lower-case hexadecimal digits
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({"offset", "bytes", "rows", "crc32c"})
public record BatchEntry(long offset, int bytes, int rows, String crc32c) implements Serializable {
  public BatchEntry {
    Objects.requireNonNull(crc32c, "batch crc32c is missing");
    Check.argument(offset > 0, "Invalid batch offset: %s (must be positive)", offset);
    Check.argument(bytes > 0, "Invalid batch bytes: %s (must be positive)", bytes);
    Check.argument(rows > 0, "Invalid batch rows: %s (must be positive)", rows);
  }
}
