package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RandomMaskingTest {
  private static final long SEED = 20260213;
  private static final int MASK = FakeSequences.MASK;

  @Test
  void everySetOfMaskedPositionsHasItsLaw() {
    System.out.println("seed " + SEED);
    long[] counts = new long[16];
    Ranks ranks = new Ranks(Ranks.random(), FakeSequences.full(50, 4, SEED), SEED, 40, 1);

    for (int i = 0; i < 1000; i++) {
      ranks.step(Ranks.Confidence.coarse()).noisy().forEach(row -> counts[maskedSet(row)]++);
    }

    assertThat(counts[0]).isZero();
    ChiSquare.assertFollows(
        Arrays.copyOfRange(counts, 1, 16), subsetLaw(), "sets of masked positions");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void laneTakesPositionCursorPlusLaneOnAnyNumberOfRanks(int worldSize) {
    FakeSequences source = FakeSequences.mixed(23, 12, SEED);
    Ranks ranks = new Ranks(Ranks.random(), source, SEED, 10, worldSize);
    List<String> alone =
        new Ranks(Ranks.random(), source, SEED, 10, 1).run(9, Ranks.Confidence.coarse());

    List<String> steps = ranks.run(4, Ranks.Confidence.coarse());
    Ranks.Step fifth = ranks.step(Ranks.Confidence.coarse());

    for (int lane = 0; lane < 10; lane++) {
      assertThat(fifth.clean().get(lane)).containsExactly(source.peek(40 + lane).tokens());
    }
    assertThat(fifth.finished()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    assertThat(fifth.cursor()).isEqualTo(50);
    assertThat(steps).isEqualTo(alone.subList(0, 4));
    assertThat(fifth.print()).isEqualTo(alone.get(4));
  }

  @Test
  void batchDescribesItsRows() {
    FakeSequences source = FakeSequences.mixed(23, 12, SEED);
    MaskingStrategy strategy = MaskingStrategies.of(Ranks.random(), source, SEED, 6, 2, 3, MASK);

    MaskedBatch batch = strategy.next(1);

    BatchLaws.assertDescribes(batch, List.of(source.peek(2), source.peek(3), source.peek(4)), 12);
    assertThat(batch.maskedCounts()).doesNotContain(0);
  }

  @Test
  void sameSequenceIsMaskedAnewInTheNextEpoch() {
    Ranks ranks = new Ranks(Ranks.random(), FakeSequences.full(1, 32, SEED), SEED, 2, 1);

    Ranks.Step step = ranks.step(Ranks.Confidence.coarse());

    assertThat(step.noisy().get(0)).isNotEqualTo(step.noisy().get(1));
  }

  @Test
  void sequenceWithoutMaskablePositionsIsHandedOutWithNothingMasked() {
    FakeSequences source = FakeSequences.mixed(4, 8, SEED).withoutMaskable(1);
    Ranks ranks = new Ranks(Ranks.random(), source, SEED, 4, 2);

    Ranks.Step step = ranks.step(Ranks.Confidence.coarse());

    assertThat(step.maskedCounts()).containsOnly(0);
    assertThat(step.cursor()).isEqualTo(4);
  }

  @Test
  void goesOnFromTheCursorAlone() {
    FakeSequences source = FakeSequences.mixed(23, 12, SEED);
    List<String> straight =
        new Ranks(Ranks.random(), source, SEED, 10, 1).run(9, Ranks.Confidence.coarse());
    Ranks resumed = new Ranks(Ranks.random(), source, SEED, 10, 3);

    resumed.restore(4, 40, PoolRows.empty());

    assertThat(resumed.run(5, Ranks.Confidence.coarse())).isEqualTo(straight.subList(4, 9));
  }

  @Test
  void refusesFinishedLanesThatDoNotCoverTheGlobalBatch() {
    MaskingStrategy strategy =
        MaskingStrategies.of(Ranks.random(), FakeSequences.full(9, 4, SEED), SEED, 4, 0, 2, MASK);
    strategy.next(1);
    BitSet own = strategy.observe(new float[0]);

    assertThatThrownBy(() -> strategy.advance(0, List.of(own)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cannot advance rank 0");
  }

  /** Bits of the masked positions. */
  static int maskedSet(int[] noisyTokens) {
    int bits = 0;
    for (int i = 0; i < noisyTokens.length; i++) {
      bits |= noisyTokens[i] == MASK ? 1 << i : 0;
    }
    return bits;
  }

  /** Law of the non-empty sets of 4 positions: count uniform in 1 to 4, then set uniform. */
  static double[] subsetLaw() {
    int[] setsOfSize = {1, 4, 6, 4, 1};
    double[] law = new double[15];
    for (int bits = 1; bits < 16; bits++) {
      law[bits - 1] = 1.0 / 4 / setsOfSize[Integer.bitCount(bits)];
    }
    return law;
  }
}
