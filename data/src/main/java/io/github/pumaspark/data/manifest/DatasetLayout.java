package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.shard.ShardLayout;
import io.github.pumaspark.data.shard.TokenType;
import java.util.Objects;

/**
 * How documents became rows.
 *
 * @param sequenceLength length of every row (L)
 * @param tokenType type of the ids in the files
 * @param promptMask whether rows carry a prompt mask
 * @param rowsPerBatch rows of every record batch but a shard's last
 * @param packing how documents fill rows, for example {@code none} (one each) or {@code sequential}
 * @param shuffle how rows got their order
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({"seq_len", "dtype", "prompt_mask", "rows_per_batch", "packing", "shuffle"})
public record DatasetLayout(
    @JsonProperty("seq_len") int sequenceLength,
    @JsonProperty("dtype") TokenType tokenType,
    boolean promptMask,
    int rowsPerBatch,
    String packing,
    Shuffle shuffle) {
  public DatasetLayout {
    Objects.requireNonNull(tokenType, "layout dtype is missing");
    Objects.requireNonNull(packing, "layout packing is missing");
    Objects.requireNonNull(shuffle, "layout shuffle is missing");
  }

  /**
   * Order of the rows on disk.
   *
   * @param kind for example {@code global_keyed_sort} or {@code none}
   * @param seed of the sort keys
   */
  public record Shuffle(String kind, long seed) {
    public Shuffle {
      Objects.requireNonNull(kind, "shuffle kind is missing");
    }
  }

  /** The layout that the shards were written with, and how the rows were made. */
  public static DatasetLayout of(ShardLayout shard, String packing, Shuffle shuffle) {
    return new DatasetLayout(
        shard.sequenceLength(),
        shard.tokenType(),
        shard.promptMask(),
        shard.rowsPerBatch(),
        packing,
        shuffle);
  }

  /** The part that shards need. */
  public ShardLayout shardLayout() {
    return new ShardLayout(sequenceLength, tokenType, promptMask, rowsPerBatch);
  }
}
