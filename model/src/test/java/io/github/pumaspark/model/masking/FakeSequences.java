package io.github.pumaspark.model.masking;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.batch.SequenceSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Random rows with prompts anywhere and padding; remembers which positions were asked for. */
final class FakeSequences implements SequenceSource {
  static final int VOCABULARY = 5;
  static final int MASK = VOCABULARY;

  final List<Long> asked = new ArrayList<>();
  private final List<Sequence> rows = new ArrayList<>();
  private final int sequenceLength;

  private FakeSequences(int sequenceLength) {
    this.sequenceLength = sequenceLength;
  }

  /** Rows of any maskable length from 1 to {@code sequenceLength}. */
  static FakeSequences mixed(int rows, int sequenceLength, long seed) {
    FakeSequences result = new FakeSequences(sequenceLength);
    SplittableRandom random = new SplittableRandom(seed);
    while (result.rows.size() < rows) {
      int tokenCount = 1 + random.nextInt(sequenceLength);
      int promptPercent = random.nextInt(100);
      Sequence row = result.row(random, tokenCount, promptPercent);
      if (row.maskableLength() > 0) {
        result.rows.add(row);
      }
    }
    return result;
  }

  /** Rows without prompt and padding. */
  static FakeSequences full(int rows, int sequenceLength, long seed) {
    FakeSequences result = new FakeSequences(sequenceLength);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < rows; i++) {
      result.rows.add(result.row(random, sequenceLength, 0));
    }
    return result;
  }

  /** The one given row, again and again. */
  static FakeSequences repeating(int... tokens) {
    FakeSequences result = new FakeSequences(tokens.length);
    int n = tokens.length;
    result.rows.add(new Sequence(0, tokens, new boolean[n], new int[n], n));
    return result;
  }

  /** Every {@code every}-th row becomes all prompt. */
  FakeSequences withoutMaskable(int every) {
    for (int i = 0; i < rows.size(); i += every) {
      Sequence row = rows.get(i);
      boolean[] prompt = new boolean[sequenceLength];
      java.util.Arrays.fill(prompt, true);
      rows.set(
          i, new Sequence(row.rowId(), row.tokens(), prompt, row.segments(), row.tokenCount()));
    }
    return this;
  }

  private Sequence row(SplittableRandom random, int tokenCount, int promptPercent) {
    int[] tokens = new int[sequenceLength];
    int[] segments = new int[sequenceLength];
    boolean[] prompt = new boolean[sequenceLength];
    for (int i = 0; i < sequenceLength; i++) {
      tokens[i] = i < tokenCount ? random.nextInt(VOCABULARY) : 0;
      segments[i] = i < tokenCount ? i / 4 : tokenCount / 4 + 1;
      prompt[i] = random.nextInt(100) < promptPercent;
    }
    return new Sequence(rows.size(), tokens, prompt, segments, tokenCount);
  }

  @Override
  public int sequenceLength() {
    return sequenceLength;
  }

  @Override
  public long rows() {
    return rows.size();
  }

  @Override
  public Sequence at(long position) {
    asked.add(position);
    return peek(position);
  }

  /** As {@link #at}, but not remembered. */
  Sequence peek(long position) {
    return rows.get((int) ((position + 3 * (position / rows.size())) % rows.size()));
  }
}
