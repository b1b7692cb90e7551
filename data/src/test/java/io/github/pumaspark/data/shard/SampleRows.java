package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.token.TokenizerSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Random rows of every shape for tests: full, padded and empty ones, with one or more documents.
 */
public final class SampleRows {
  /** A tokenizer whose ids need 32 bits. */
  public static final TokenizerSpec WIDE =
      new TokenizerSpec("wide", "wide", 70_000, 69_999, 69_998, 69_997, null);

  private SampleRows() {}

  /** Rows that fit a layout; a pure function of the arguments. */
  public static List<TokenRow> rows(
      int count, ShardLayout layout, TokenizerSpec tokenizer, long seed) {
    Random random = new Random(seed);
    List<TokenRow> rows = new ArrayList<>();
    for (int r = 0; r < count; r++) {
      rows.add(row(layout, tokenizer, random));
    }
    return rows;
  }

  private static TokenRow row(ShardLayout layout, TokenizerSpec tokenizer, Random random) {
    int length = layout.sequenceLength();
    int used = random.nextInt(4) == 0 ? random.nextInt(length + 1) : length;
    List<Integer> documents = new ArrayList<>();
    for (int left = used; left > 0; left -= documents.get(documents.size() - 1)) {
      documents.add(random.nextBoolean() ? left : 1 + random.nextInt(left));
    }
    int[] documentLengths = documents.stream().mapToInt(Integer::intValue).toArray();
    int[] promptLengths = new int[documentLengths.length];
    if (!layout.promptMask()) {
      Arrays.setAll(promptLengths, d -> random.nextInt(documentLengths[d] + 1));
    }
    int[] tokens = new int[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = i < used ? random.nextInt(tokenizer.vocabSize()) : tokenizer.padId();
      if (i < used && tokens[i] == tokenizer.maskId()) {
        tokens[i] = 0;
      }
    }
    boolean[] prompt = null;
    if (layout.promptMask()) {
      prompt = new boolean[length];
      for (int i = 0; i < used; i++) {
        prompt[i] = random.nextBoolean();
      }
    }
    return new TokenRow(tokens, prompt, documentLengths, promptLengths, used, random.nextInt(3));
  }
}
