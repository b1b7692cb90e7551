package io.github.pumaspark.data.shard;

import org.jspecify.annotations.Nullable;

/**
 * A file of a dataset is missing or is not what was written; the message names the file and what to
 * do.
 */
public final class CorruptShardException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private CorruptShardException(
      String kind, String file, String reason, @Nullable Throwable cause) {
    super(
        "Cannot read %s '%s': %s. Restore the file or shard the corpus again."
            .formatted(kind, file, reason),
        cause);
  }

  /** A shard and what is wrong with it, as half a sentence with its values. */
  public static CorruptShardException shard(String file, String reason, @Nullable Throwable cause) {
    return new CorruptShardException("shard", file, reason, cause);
  }

  /** {@link #shard(String, String, Throwable)} without a cause. */
  public static CorruptShardException shard(String file, String reason) {
    return shard(file, reason, null);
  }

  /** A manifest and what is wrong with it, as half a sentence with its values. */
  public static CorruptShardException manifest(
      String file, String reason, @Nullable Throwable cause) {
    return new CorruptShardException("manifest", file, reason, cause);
  }
}
