package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What a dataset is: its shards in order, how they were made and from what. Immutable; an instance
 * agrees with itself.
 *
 * <p>It holds no time of writing: equal inputs and settings give equal bytes.
 *
 * @param schemaVersion version of the format
 * @param name name for people
 * @param split {@code train}, {@code validation} or another word
 * @param codeVersion build that wrote it
 * @param tokenizer tokenizer of all rows
 * @param layout how documents became rows
 * @param planSha256 hash of the settings and input fingerprints: equal plans give equal datasets
 * @param inputs files that were read, in order
 * @param sources corpora, which rows name by index
 * @param shards in row order, without gaps
 * @param counts what became of every document
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonPropertyOrder({
  "schema_version",
  "name",
  "split",
  "code_version",
  "tokenizer",
  "layout",
  "plan_sha256",
  "inputs",
  "sources",
  "counts",
  "shards"
})
public record Manifest(
    int schemaVersion,
    String name,
    String split,
    String codeVersion,
    TokenizerSpec tokenizer,
    DatasetLayout layout,
    String planSha256,
    List<InputFile> inputs,
    List<SourceEntry> sources,
    DocumentCounts counts,
    List<ShardEntry> shards) {

  /**
   * Checks that the parts agree: rows without gaps, ids within the vocabulary, sums of the sources.
   *
   * @throws IllegalArgumentException naming the part that does not
   */
  public Manifest {
    Objects.requireNonNull(name, "name is missing");
    Objects.requireNonNull(split, "split is missing");
    Objects.requireNonNull(codeVersion, "code_version is missing");
    Objects.requireNonNull(tokenizer, "tokenizer is missing");
    Objects.requireNonNull(layout, "layout is missing");
    Objects.requireNonNull(planSha256, "plan_sha256 is missing");
    Objects.requireNonNull(counts, "counts are missing");
    inputs = List.copyOf(Objects.requireNonNull(inputs, "inputs are missing"));
    sources = List.copyOf(Objects.requireNonNull(sources, "sources are missing"));
    shards = List.copyOf(Objects.requireNonNull(shards, "shards are missing"));
    layout.shardLayout();
    checkShards(shards, tokenizer);
    checkSources(sources, counts, shards);
  }

  /** Rows of all shards: the length of one epoch. */
  public long rows() {
    return shards.stream().mapToLong(ShardEntry::rows).sum();
  }

  /** Used positions of all rows, padding not counted. */
  public long tokens() {
    return shards.stream().mapToLong(ShardEntry::tokens).sum();
  }

  private static void checkShards(List<ShardEntry> shards, TokenizerSpec tokenizer) {
    Set<String> paths = new HashSet<>();
    long nextRow = 0;
    for (ShardEntry shard : shards) {
      Check.argument(paths.add(shard.path()), "Invalid shards: '%s' is listed twice", shard.path());
      Check.argument(
          shard.firstRow() == nextRow,
          "Invalid first row of shard '%s': %s (must be %s, after the shard before)",
          shard.path(),
          shard.firstRow(),
          nextRow);
      Check.argument(
          shard.maxTokenId() < tokenizer.vocabSize(),
          "Invalid largest id of shard '%s': %s (must be below the vocabulary size %s)",
          shard.path(),
          shard.maxTokenId(),
          tokenizer.vocabSize());
      nextRow += shard.rows();
    }
  }

  private static void checkSources(
      List<SourceEntry> sources, DocumentCounts counts, List<ShardEntry> shards) {
    for (int i = 0; i < sources.size(); i++) {
      Check.argument(
          sources.get(i).id() == i,
          "Invalid id of source '%s': %s (must be its index %s)",
          sources.get(i).name(),
          sources.get(i).id(),
          i);
    }
    long docs = sources.stream().mapToLong(SourceEntry::docs).sum();
    Check.argument(
        docs == counts.docsOut(),
        "Invalid sources: %s documents (docs_out is %s)",
        docs,
        counts.docsOut());
    long tokens = sources.stream().mapToLong(SourceEntry::tokens).sum();
    long shardTokens = shards.stream().mapToLong(ShardEntry::tokens).sum();
    Check.argument(
        tokens == shardTokens,
        "Invalid sources: %s tokens (the shards have %s)",
        tokens,
        shardTokens);
  }
}
