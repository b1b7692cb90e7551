package io.github.pumaspark.model.masking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.batch.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ProgressiveMaskingTest {
  private static final long SEED = 411086;
  private static final int MASK = FakeSequences.MASK;

  @Test
  void onePhaseEqualsTheBaselineInLaw() {
    System.out.println("seed " + SEED);
    long[] counts = new long[16];
    FakeSequences source = FakeSequences.full(50, 4, SEED);
    Ranks ranks = new Ranks(Ranks.progressive(1, 1), source, SEED, 40, 1);

    for (int i = 0; i < 1000; i++) {
      Ranks.Step step = ranks.step(Ranks.Confidence.coarse());
      step.noisy().forEach(row -> counts[RandomMaskingTest.maskedSet(row)]++);
      assertThat(step.finished()).hasSize(40);
    }

    assertThat(counts[0]).isZero();
    ChiSquare.assertFollows(
        Arrays.copyOfRange(counts, 1, 16),
        RandomMaskingTest.subsetLaw(),
        "sets of masked positions");
  }

  @Test
  void randomScoresRevealUniformSetsWithTheCountLawOfTheBaseline() {
    System.out.println("seed " + SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    long[] counts = new long[16];
    FakeSequences source = FakeSequences.full(50, 4, SEED);
    Ranks ranks = new Ranks(Ranks.progressive(3, 2), source, SEED, 40, 1);

    for (int i = 0; i < 1500; i++) {
      Ranks.Step step = ranks.step((tokens, index) -> (float) -random.nextDouble());
      step.noisy().forEach(row -> counts[RandomMaskingTest.maskedSet(row)]++);
    }

    assertThat(counts[0]).isZero();
    ChiSquare.assertFollows(
        Arrays.copyOfRange(counts, 1, 16),
        RandomMaskingTest.subsetLaw(),
        "sets of masked positions");
  }

  @Test
  void countsWithinAPhaseFollowItsInterval() {
    int phases = 4;
    int length = 10;
    System.out.println("seed " + SEED);
    long[][] counts = new long[phases][length];
    FakeSequences source = FakeSequences.full(50, length, SEED);
    Ranks ranks = new Ranks(Ranks.progressive(phases, 1), source, SEED, 40, 1);

    for (int i = 0; i < 1000; i++) {
      int[] phaseOfLane = ranks.poolRows().phases();
      Ranks.Step step = ranks.step(Ranks.Confidence.coarse());
      for (int lane = 0; lane < 40; lane++) {
        counts[phaseOfLane[lane]][length - step.maskedCounts().get(lane)]++;
      }
    }

    for (int phase = 0; phase < phases; phase++) {
      assertThat(Arrays.stream(counts[phase]).sum())
          .as("rows in phase %s", phase)
          .isEqualTo(10_000);
      List<Long> observed = new ArrayList<>();
      List<Double> law = new ArrayList<>();
      for (int count = 0; count < length; count++) {
        double low = Math.max(count, phase * length / (double) phases);
        double high = Math.min(count + 1, (phase + 1) * length / (double) phases);
        double probability = Math.max(0, high - low) * phases / length;
        if (probability == 0) {
          assertThat(counts[phase][count]).as("count %s in phase %s", count, phase).isZero();
        } else {
          observed.add(counts[phase][count]);
          law.add(probability);
        }
      }
      ChiSquare.assertFollows(
          observed.stream().mapToLong(x -> x).toArray(),
          law.stream().mapToDouble(x -> x).toArray(),
          "revealed counts of phase " + phase);
    }
  }

  /** The prompts, the padding and the short rows of the source make every rule bite. */
  @ParameterizedTest
  @CsvSource({"1,1", "6,1", "6,3", "8,2", "40,1"})
  void rowsOnlyRevealTrueTokensOneSequenceForExactlyAllPhases(int phases, int poolFactor) {
    FakeSequences source = FakeSequences.mixed(37, 16, SEED);
    Ranks ranks = new Ranks(Ranks.progressive(phases, poolFactor), source, SEED, 9, 1);
    Map<Long, Integer> trainings = new HashMap<>();
    Map<Long, Integer> firstPhase = new HashMap<>();
    Map<Long, int[]> lastNoisy = new HashMap<>();

    for (int i = 0; i < 3 * phases * poolFactor; i++) {
      PoolRows before = ranks.poolRows();
      Ranks.Step step = ranks.step(Ranks.Confidence.coarse());
      for (int lane = 0; lane < 9; lane++) {
        int row = lane * poolFactor + i % poolFactor;
        long position = before.positions()[row];
        int[] noisy = step.noisy().get(lane);
        int phase = before.phases()[row];
        assertTeacherForced(source.peek(position), noisy);
        assertMonotone(lastNoisy.put(position, noisy), noisy);
        firstPhase.putIfAbsent(position, phase);
        assertThat(phase).isEqualTo(firstPhase.get(position) + trainings.getOrDefault(position, 0));
        trainings.merge(position, 1, Integer::sum);
        assertThat(step.finished().contains(lane)).isEqualTo(phase == phases - 1);
      }
    }

    long pool = 9L * poolFactor;
    PoolRows after = ranks.poolRows();
    for (long position = 0; position < ranks.cursor(); position++) {
      long key = position;
      if (LongStream.of(after.positions()).noneMatch(inPool -> inPool == key)) {
        int from = position < pool ? firstPhase.get(position) : 0;
        assertThat(trainings.get(position)).isEqualTo(phases - from);
      }
      assertThat(position < pool || firstPhase.getOrDefault(position, 0) == 0).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"24,6,1,4", "24,6,5,4", "24,1,3,24"})
  void finishedRowsPerStepAreConstantFromTheFirstStepOn(
      int globalBatchSize, int phases, int poolFactor, int expected) {
    FakeSequences source = FakeSequences.mixed(37, 16, SEED);
    Ranks ranks =
        new Ranks(Ranks.progressive(phases, poolFactor), source, SEED, globalBatchSize, 2);

    for (int i = 0; i < 4 * phases * poolFactor; i++) {
      assertThat(ranks.step(Ranks.Confidence.coarse()).finished()).hasSize(expected);
    }

    assertThat(ranks.cursor())
        .isEqualTo((long) globalBatchSize * poolFactor + 4L * phases * poolFactor * expected);
  }

  @Test
  void stepTrainsItsGroupOfPoolRows() {
    FakeSequences source = FakeSequences.mixed(100, 16, SEED);
    MaskingStrategy strategy =
        MaskingStrategies.of(Ranks.progressive(4, 3), source, SEED, 8, 2, 2, MASK);
    PoolRows rows = strategy.poolRows();

    MaskedBatch batch = strategy.next(5);

    assertThat(rows.ids()).containsExactly(6, 7, 8, 9, 10, 11);
    assertThat(rows.positions()).containsExactly(6, 7, 8, 9, 10, 11);
    assertThat(strategy.cursor()).isEqualTo(24);
    assertThat(source.asked).containsExactly(6L, 7L, 8L, 9L, 10L, 11L);
    BatchLaws.assertDescribes(batch, List.of(source.peek(7), source.peek(10)), 16);
  }

  @Test
  void mostConfidentPositionsAreRevealedFirst() {
    FakeSequences source = FakeSequences.full(50, 20, SEED);
    Ranks ranks = new Ranks(Ranks.progressive(5, 1), source, SEED, 10, 1);

    for (int i = 0; i < 20; i++) {
      Ranks.Step before = ranks.step((tokens, index) -> -Math.abs(index - 9.25f));
      PoolRows after = ranks.poolRows();
      for (int lane = 0; lane < 10; lane++) {
        if (before.finished().contains(lane)) {
          continue;
        }
        List<Integer> revealed = new ArrayList<>();
        List<Integer> hidden = new ArrayList<>();
        for (int p = 0; p < 20; p++) {
          if (before.noisy().get(lane)[p] == MASK) {
            (after.revealed()[lane * 20 + p] == 1 ? revealed : hidden).add(p);
          }
        }
        double worst = revealed.stream().mapToDouble(p -> Math.abs(p - 9.25)).max().orElse(0);
        assertThat(hidden).isNotEmpty().allMatch(p -> Math.abs(p - 9.25) > worst);
      }
    }
  }

  @Test
  void sequenceWithoutMaskablePositionsIsFinishedByTheStepThatReachesIt() {
    FakeSequences source = FakeSequences.mixed(30, 12, SEED).withoutMaskable(3);
    Ranks ranks = new Ranks(Ranks.progressive(5, 2), source, SEED, 12, 3);

    for (int i = 0; i < 100; i++) {
      PoolRows before = ranks.poolRows();
      Ranks.Step step = ranks.step(Ranks.Confidence.coarse());
      for (int lane = 0; lane < 12; lane++) {
        int row = lane * 2 + i % 2;
        boolean empty = source.peek(before.positions()[row]).maskableLength() == 0;
        assertThat(step.maskedCounts().get(lane) == 0).isEqualTo(empty);
        assertThat(step.finished().contains(lane)).isEqualTo(empty || before.phases()[row] == 4);
      }
    }
  }

  @Test
  void nothingButEmptySequencesStillMovesOn() {
    FakeSequences source = FakeSequences.mixed(30, 12, SEED).withoutMaskable(1);
    Ranks ranks = new Ranks(Ranks.progressive(5, 1), source, SEED, 4, 2);

    ranks.run(10, Ranks.Confidence.coarse());

    assertThat(ranks.cursor()).isEqualTo(44);
  }

  @Test
  void refusesCallsOutOfTurnAndForeignFinishedLanes() {
    MaskingStrategy strategy =
        MaskingStrategies.of(
            Ranks.progressive(2, 1), FakeSequences.full(9, 4, SEED), SEED, 4, 0, 4, MASK);

    assertThatThrownBy(() -> strategy.observe(new float[0]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("NEXT is due");
    MaskedBatch batch = strategy.next(1);
    assertThatThrownBy(() -> strategy.observe(new float[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one per masked position");
    var own = strategy.observe(new float[batch.positions().length]);
    assertThatThrownBy(strategy::poolRows)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ADVANCE is due");
    own.flip(0);
    assertThatThrownBy(() -> strategy.advance(0, List.of(own)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Cannot advance rank 0");
  }

  private static void assertTeacherForced(Sequence sequence, int[] noisy) {
    int masked = 0;
    for (int i = 0; i < noisy.length; i++) {
      if (noisy[i] == MASK) {
        assertThat(sequence.isMaskable(i)).isTrue();
        masked++;
      } else {
        assertThat(noisy[i]).isEqualTo(sequence.tokens()[i]);
      }
    }
    assertThat(masked).isPositive();
  }

  private static void assertMonotone(int[] earlier, int[] later) {
    for (int i = 0; earlier != null && i < later.length; i++) {
      assertThat(earlier[i] == MASK || later[i] != MASK).isTrue();
    }
  }
}
