package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * One fixed-length row of tokens as a shard stores it. The arrays are shared, never written.
 *
 * @param tokens [L] clean token ids; padding after {@code tokenCount}
 * @param prompt [L], true where a position is given and never masked; null where the layout has no
 *     prompt mask
 * @param documentLengths tokens of each document in the row, in order; they add up to {@code
 *     tokenCount}
 * @param promptLengths per document, how many of its first tokens are given; beside a prompt mask
 *     they may say less than the mask, never more
 * @param tokenCount used positions, in [0, L]
 * @param sourceId index into the manifest's sources, in [0, 32767]
 */
public record TokenRow(
    int[] tokens,
    boolean @Nullable [] prompt,
    int[] documentLengths,
    int[] promptLengths,
    int tokenCount,
    int sourceId)
    implements Serializable {

  /**
   * Checks that the parts agree.
   *
   * @throws IllegalArgumentException naming the part that does not
   */
  public TokenRow {
    Check.argument(
        tokenCount >= 0 && tokenCount <= tokens.length,
        "Invalid token count: %s (must be in [0, %s])",
        tokenCount,
        tokens.length);
    Check.argument(
        sourceId >= 0 && sourceId <= Short.MAX_VALUE,
        "Invalid source id: %s (must be in [0, %s])",
        sourceId,
        Short.MAX_VALUE);
    Check.argument(
        promptLengths.length == documentLengths.length,
        "Invalid prompt lengths: %s values (must be one for each of %s documents)",
        promptLengths.length,
        documentLengths.length);
    long total = 0;
    for (int d = 0; d < documentLengths.length; d++) {
      Check.argument(
          documentLengths[d] > 0,
          "Invalid length of document %s in its row: %s (must be positive)",
          d,
          documentLengths[d]);
      Check.argument(
          promptLengths[d] >= 0 && promptLengths[d] <= documentLengths[d],
          "Invalid prompt length of document %s in its row: %s (must be in [0, %s])",
          d,
          promptLengths[d],
          documentLengths[d]);
      total += documentLengths[d];
    }
    Check.argument(
        total == tokenCount,
        "Invalid document lengths: sum %s (must be the token count %s)",
        total,
        tokenCount);
    if (prompt != null) {
      checkPrompt(tokens.length, prompt, documentLengths, promptLengths, tokenCount);
    }
  }

  private static void checkPrompt(
      int length, boolean[] prompt, int[] documentLengths, int[] promptLengths, int tokenCount) {
    Check.argument(
        prompt.length == length,
        "Invalid prompt mask: %s positions (must be %s, as many as tokens)",
        prompt.length,
        length);
    int start = 0;
    for (int d = 0; d < documentLengths.length; d++) {
      for (int i = start; i < start + promptLengths[d]; i++) {
        Check.argument(
            prompt[i], "Invalid prompt mask: position %s is free (its prompt length covers it)", i);
      }
      start += documentLengths[d];
    }
    for (int i = tokenCount; i < length; i++) {
      Check.argument(!prompt[i], "Invalid prompt mask: position %s is given, but is padding", i);
    }
  }
}
