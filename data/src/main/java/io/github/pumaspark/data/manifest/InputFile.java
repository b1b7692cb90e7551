package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.Serializable;
import java.util.Objects;

/**
 * One file that documents were read from.
 *
 * @param path as the user gave it or a directory listed it
 * @param bytes length of the file
 * @param fingerprint SHA-256 of its content or, on an object store, its entity tag
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({"path", "bytes", "fingerprint"})
public record InputFile(String path, long bytes, String fingerprint) implements Serializable {
  public InputFile {
    Objects.requireNonNull(path, "input path is missing");
    Objects.requireNonNull(fingerprint, "input fingerprint is missing");
  }
}
