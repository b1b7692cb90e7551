package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.util.Objects;

/**
 * Shape of the rows of a dataset and of the record batches they are written in.
 *
 * @param sequenceLength length of every row (L)
 * @param tokenType type of the ids in the file
 * @param promptMask whether rows carry a prompt mask of their own, for given positions anywhere in
 *     the row; otherwise a document's given positions are its first prompt tokens
 * @param rowsPerBatch rows of every record batch but a shard's last
 */
public record ShardLayout(
    int sequenceLength, TokenType tokenType, boolean promptMask, int rowsPerBatch)
    implements Serializable {
  /*
   * The first touch of a row checks the checksum of its batch, and rows are read in a random order: batches of
   * 1 MiB keep the first step short, and their entries keep the manifest at a ten-thousandth of the data.
   */
  private static final int BATCH_BYTES = 1 << 20;
  private static final int LONGEST_SEQUENCE = 1 << 24;

  public ShardLayout {
    Objects.requireNonNull(tokenType, "layout dtype is missing");
    Check.argument(
        sequenceLength >= 1 && sequenceLength <= LONGEST_SEQUENCE,
        "Invalid sequence length: %s (must be in [1, %s])",
        sequenceLength,
        LONGEST_SEQUENCE);
    Check.argument(
        rowsPerBatch >= 1 && (long) rowsPerBatch * sequenceLength <= LONGEST_SEQUENCE,
        "Invalid rows per batch: %s (must be in [1, %s])",
        rowsPerBatch,
        LONGEST_SEQUENCE / sequenceLength);
  }

  /** The layout for a vocabulary size, with the smallest token type and batches of about 1 MiB. */
  public static ShardLayout of(int sequenceLength, int vocabSize, boolean promptMask) {
    TokenType tokenType = TokenType.of(vocabSize);
    int rows = BATCH_BYTES / tokenType.bytes() / Math.max(1, sequenceLength);
    return new ShardLayout(sequenceLength, tokenType, promptMask, Math.max(1, rows));
  }
}
