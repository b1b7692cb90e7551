package io.github.pumaspark.data.shard;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Unsigned integer type of the token ids in a file. */
public enum TokenType {
  @JsonProperty("uint16")
  UINT16("uint16", 2),
  @JsonProperty("uint32")
  UINT32("uint32", 4);

  private static final int UINT16_IDS = 1 << 16;

  private final String arrowName;
  private final int bytes;

  TokenType(String arrowName, int bytes) {
    this.arrowName = arrowName;
    this.bytes = bytes;
  }

  /** The smallest type that holds every id of a vocabulary, mask and padding included. */
  public static TokenType of(int vocabSize) {
    return vocabSize <= UINT16_IDS ? UINT16 : UINT32;
  }

  /** Name in Arrow, NumPy and the manifest: {@code uint16} or {@code uint32}. */
  public String arrowName() {
    return arrowName;
  }

  /** Bytes of one id. */
  public int bytes() {
    return bytes;
  }
}
