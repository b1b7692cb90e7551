package io.github.pumaspark.model.sampling;

import io.github.pumaspark.data.batch.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Sequences for tests. */
public final class Rows {
  private Rows() {}

  /**
   * One document of known tokens, a {@code .} for a given position and {@code ?} for a maskable.
   */
  public static Sequence of(long rowId, int[] tokens, String prompt) {
    boolean[] given = new boolean[tokens.length];
    for (int i = 0; i < given.length; i++) {
      given[i] = prompt.charAt(i) == '.';
    }
    return new Sequence(rowId, tokens, given, new int[tokens.length], tokens.length);
  }

  /** Rows of several documents with prompts and padding; token ids below {@code tokens}. */
  public static List<Sequence> random(int rows, int length, int tokens, Random random) {
    List<Sequence> result = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      int used = 1 + random.nextInt(length);
      int[] ids = new int[length];
      int[] segments = new int[length];
      boolean[] prompt = new boolean[length];
      double promptShare = random.nextDouble();
      int document = 0;
      for (int i = 0; i < length; i++) {
        document += i > 0 && (i == used || (i < used && random.nextInt(8) == 0)) ? 1 : 0;
        segments[i] = document;
        ids[i] = i < used ? random.nextInt(tokens) : 0;
        prompt[i] = i < used && random.nextDouble() < promptShare;
      }
      result.add(new Sequence(1000L + r, ids, prompt, segments, used));
    }
    return result;
  }
}
