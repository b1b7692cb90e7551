package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WorldSizeTest {
  private static final long SEED = 77;
  private static final int GLOBAL_BATCH_SIZE = 13;
  private static final Ranks.Confidence CONFIDENCE = Ranks.Confidence.coarse();

  private final FakeSequences source = FakeSequences.mixed(41, 14, SEED).withoutMaskable(11);

  @ParameterizedTest
  @CsvSource({"2,1", "3,1", "8,1", "13,1", "2,4", "3,4", "8,4"})
  void ranksTogetherDoWhatOneRankDoes(int worldSize, int poolFactor) {
    List<String> alone = ranks(1, poolFactor).run(120, CONFIDENCE);

    assertThat(ranks(worldSize, poolFactor).run(120, CONFIDENCE)).isEqualTo(alone);
  }

  /** Near-ties may fall differently on other hardware; the schedule must not notice. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void sequencesAndCountsDoNotDependOnTheConfidences(int worldSize) {
    SplittableRandom random = new SplittableRandom(SEED);
    Ranks alone = ranks(1, 3);
    Ranks together = ranks(worldSize, 3);

    for (int i = 0; i < 120; i++) {
      Ranks.Step expected = alone.step(CONFIDENCE);
      Ranks.Step actual = together.step((tokens, index) -> (float) random.nextDouble());
      assertThat(actual.maskedCounts()).isEqualTo(expected.maskedCounts());
      assertThat(actual.finished()).isEqualTo(expected.finished());
      assertThat(together.poolRows().positions()).isEqualTo(alone.poolRows().positions());
      assertThat(together.poolRows().phases()).isEqualTo(alone.poolRows().phases());
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,1", "8,1", "3,4"})
  void everyPositionIsHandedOutOnceAndInOrder(int worldSize, int poolFactor) {
    Ranks ranks = ranks(worldSize, poolFactor);
    List<Long> ledger = new ArrayList<>(source.asked);

    for (int i = 0; i < 200; i++) {
      source.asked.clear();
      ranks.step(CONFIDENCE);
      ledger.addAll(source.asked);
    }

    assertThat(ledger).isEqualTo(LongStream.range(0, ranks.cursor()).boxed().toList());
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "2,3,1", "3,1,4", "1,8,4", "8,2,4"})
  void goesOnFromAStoredPoolOnAnyNumberOfRanks(int before, int after, int poolFactor) {
    List<String> straight = ranks(1, poolFactor).run(90, CONFIDENCE);
    Ranks stopped = ranks(before, poolFactor);
    stopped.run(47, CONFIDENCE);

    Ranks resumed = ranks(after, poolFactor);
    resumed.run(5, CONFIDENCE);
    resumed.restore(47, stopped.cursor(), stopped.poolRows());

    assertThat(resumed.poolRows()).usingRecursiveComparison().isEqualTo(stopped.poolRows());
    assertThat(resumed.run(43, CONFIDENCE)).isEqualTo(straight.subList(47, 90));
  }

  @Test
  void refusesAPoolOfOtherSettings() {
    PoolRows pool = ranks(1, 2).poolRows();
    long cursor = GLOBAL_BATCH_SIZE * 2;

    assertRefused(
            new Ranks(Ranks.progressive(6, 1), source, SEED, GLOBAL_BATCH_SIZE, 1), cursor, pool)
        .contains("there is a pool row 13", "the pool has 13 rows");
    assertRefused(
            new Ranks(Ranks.progressive(6, 3), source, SEED, GLOBAL_BATCH_SIZE, 1), cursor, pool)
        .contains("pool row 26 is missing");
    assertRefused(
            new Ranks(Ranks.progressive(2, 2), source, SEED, GLOBAL_BATCH_SIZE, 1), cursor, pool)
        .contains("is in phase", "masking.phases is 2");
    assertRefused(ranks(1, 2), 3, pool).contains("holds position 3", "the cursor is 3");
    FakeSequences longer = FakeSequences.mixed(41, 15, SEED);
    assertRefused(
            new Ranks(Ranks.progressive(6, 2), longer, SEED, GLOBAL_BATCH_SIZE, 1), cursor, pool)
        .contains("the sequence length is 15");
    FakeSequences others = FakeSequences.mixed(41, 14, SEED).withoutMaskable(1);
    assertRefused(
            new Ranks(Ranks.progressive(6, 2), others, SEED, GLOBAL_BATCH_SIZE, 1), cursor, pool)
        .contains("it is not maskable in dataset row");
  }

  private static org.assertj.core.api.AbstractStringAssert<?> assertRefused(
      Ranks ranks, long cursor, PoolRows pool) {
    return assertThatThrownBy(() -> ranks.restore(1, cursor, pool))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot go on from the stored masking pool: ")
        .message();
  }

  private Ranks ranks(int worldSize, int poolFactor) {
    source.asked.clear();
    return new Ranks(Ranks.progressive(6, poolFactor), source, SEED, GLOBAL_BATCH_SIZE, worldSize);
  }
}
