package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.batch.Sequence;
import java.util.List;

/** What every batch promises, whatever the strategy. */
final class BatchLaws {
  private static final int MASK = FakeSequences.MASK;

  private BatchLaws() {}

  /** Fails unless {@code batch} holds these rows and agrees with itself. */
  static void assertDescribes(MaskedBatch batch, List<Sequence> rows, int sequenceLength) {
    assertThat(batch.rowCount()).isEqualTo(rows.size());
    int next = 0;
    long maskable = 0;
    for (int row = 0; row < rows.size(); row++) {
      Sequence sequence = rows.get(row);
      int masked = 0;
      for (int i = 0; i < sequenceLength; i++) {
        int at = row * sequenceLength + i;
        assertThat(batch.cleanTokens()[at]).isEqualTo(sequence.tokens()[i]);
        assertThat(batch.segments()[at]).isEqualTo(sequence.segments()[i]);
        if (batch.noisyTokens()[at] == MASK) {
          assertThat(sequence.isMaskable(i)).as("position %s is maskable", at).isTrue();
          assertThat(batch.positions()[next++]).isEqualTo(at);
          masked++;
        } else {
          assertThat(batch.noisyTokens()[at]).isEqualTo(sequence.tokens()[i]);
        }
      }
      assertThat(batch.maskedCounts()[row]).isEqualTo(masked);
      maskable += sequence.maskableLength();
    }
    assertThat(batch.positions()).hasSize(next);
    assertThat(batch.maskableCount()).isEqualTo(maskable);
  }
}
