package io.github.pumaspark.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.model.sampling.FakePredictor.Call;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class SamplerTest {
  private static final int LENGTH = 24;
  private static final int VOCABULARY = 7;
  private static final int MASK = 6;
  private static final long SEED = 20260122;

  @ParameterizedTest
  @EnumSource
  void fillsEveryMaskableAndNoOtherPosition(RevealOrder order) {
    List<Sequence> rows = rows(40);

    List<SampledRow> filled = run(rows, new SamplerConfig(order, 3, 8, 5));

    for (int r = 0; r < rows.size(); r++) {
      Sequence row = rows.get(r);
      for (int i = 0; i < LENGTH; i++) {
        int token = filled.get(r).tokens()[i];
        if (row.isMaskable(i)) {
          assertThat(token).isNotEqualTo(MASK);
        } else {
          assertThat(token).isEqualTo(row.tokens()[i]);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"MAX_PROB,1", "MARGIN,2", "ENTROPY,3", "LEFT_TO_RIGHT,2", "MAX_PROB,100"})
  void equalsASamplerThatTakesOneRowAtATimeAndSorts(RevealOrder order, int tokensPerStep) {
    List<Sequence> rows = rows(30);
    FakePredictor predictor = predictor();

    List<SampledRow> filled = run(rows, new SamplerConfig(order, tokensPerStep, 4, 0));

    for (int r = 0; r < rows.size(); r++) {
      assertThat(filled.get(r).tokens())
          .isEqualTo(naive(predictor, rows.get(r), order, tokensPerStep));
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "5"})
  void oneBatchTakesThePassesOfItsLongestRow(int tokensPerStep) {
    List<Sequence> rows = rows(12);
    FakePredictor predictor = predictor();

    List<SampledRow> filled =
        new Sampler(new SamplerConfig(RevealOrder.MAX_PROB, tokensPerStep, 12, 0))
            .run(predictor, rows, SamplerTrace.none());

    int longest = 0;
    for (int r = 0; r < rows.size(); r++) {
      int masked = rows.get(r).maskableLength();
      longest = Math.max(longest, masked);
      assertThat(filled.get(r).forwardPasses())
          .isEqualTo((int) Math.ceil((double) masked / tokensPerStep));
    }
    assertThat(predictor.calls()).hasSize((int) Math.ceil((double) longest / tokensPerStep));
  }

  @Test
  void asksOnlyForMaskedPositionsInAFixedSetOfShapes() {
    FakePredictor predictor = predictor();

    new Sampler(new SamplerConfig(RevealOrder.MARGIN, 2, 12, 0))
        .run(predictor, rows(50), SamplerTrace.none());

    for (Call call : predictor.calls()) {
      assertThat(call.rowCount()).isIn(12, 6, 3, 2);
      assertThat(call.positions()).isNotEmpty();
      for (int i = 0; i < call.positions().length; i++) {
        assertThat(call.noisyTokens()[call.positions()[i]]).isEqualTo(MASK);
        assertThat(i == 0 || call.positions()[i] > call.positions()[i - 1]).isTrue();
      }
    }
    assertThat(predictor.calls().stream().map(Call::rowCount).distinct().count())
        .as("the last batches shrink")
        .isGreaterThan(1);
  }

  @ParameterizedTest
  @EnumSource
  void aRowsResultDependsNeitherOnBatchSizeNorOnOtherRows(RevealOrder order) {
    List<Sequence> rows = rows(33);
    Map<Long, String> expected = new TreeMap<>();
    for (Sequence row : rows) {
      expected.put(row.rowId(), text(run(List.of(row), new SamplerConfig(order, 2, 1, 3)).get(0)));
    }

    for (int batchSize : new int[] {1, 5, 16, 256}) {
      List<Sequence> shuffled = new ArrayList<>(rows);
      Collections.shuffle(shuffled, new Random(SEED + batchSize));
      List<SampledRow> filled = run(shuffled, new SamplerConfig(order, 2, batchSize, 3));
      Map<Long, String> found = new TreeMap<>();
      for (int r = 0; r < filled.size(); r++) {
        found.put(shuffled.get(r).rowId(), text(filled.get(r)));
      }
      assertThat(found).as("batch size %s, seed %s", batchSize, SEED).isEqualTo(expected);
    }
  }

  /*
   * Three positions whose distributions rank differently by each score:
   *   0: probabilities .60 .40 0 0      max .60, margin .20, entropy 0.67
   *   1: probabilities .58 .14 .14 .14  max .58, margin .44, entropy 1.14
   *   2: probabilities .55 .45 0 0      max .55, margin .10, entropy 0.69
   *   3: probabilities .54 .46 0 0      as 2, a little less certain
   */
  @ParameterizedTest
  @CsvSource({"MAX_PROB, 0 1 2 3", "MARGIN, 1 0 2 3", "ENTROPY, 0 2 3 1", "LEFT_TO_RIGHT, 0 1 2 3"})
  void revealsTheMostCertainPositionFirst(RevealOrder order, String expected) {
    double[][] probabilities = {
      {0.60, 0.40, 1e-12, 1e-12, 1e-30},
      {0.58, 0.14, 0.14, 0.14, 1e-30},
      {0.55, 0.45, 1e-12, 1e-12, 1e-30},
      {0.54, 0.46, 1e-12, 1e-12, 1e-30}
    };
    FakePredictor predictor =
        new FakePredictor(
            4,
            4,
            (tokens, segments, position) ->
                Arrays.stream(probabilities[position]).map(Math::log).toArray());
    List<Integer> revealed = new ArrayList<>();

    new Sampler(new SamplerConfig(order, 1, 1, 0))
        .run(
            predictor,
            List.of(Rows.of(0, new int[4], "????")),
            (row, step, positions, tokens) -> revealed.add(positions[0]));

    assertThat(revealed.stream().map(String::valueOf).collect(Collectors.joining(" ")))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(names = "RANDOM", mode = EnumSource.Mode.EXCLUDE)
  void tiesGoToTheLowestPosition(RevealOrder order) {
    List<int[]> revealed = new ArrayList<>();

    new Sampler(new SamplerConfig(order, 2, 1, 0))
        .run(
            FakePredictor.uniform(6, 4, 3),
            List.of(Rows.of(0, new int[6], "?.????")),
            (row, step, positions, tokens) -> revealed.add(positions));

    assertThat(revealed).containsExactly(new int[] {0, 2}, new int[] {3, 4}, new int[] {5});
  }

  @Test
  void randomOrderIsUniformOverRowsAndFixedByTheSeed() {
    int rowCount = 6000;
    List<Sequence> rows =
        IntStream.range(0, rowCount).mapToObj(r -> Rows.of(r, new int[6], "??????")).toList();
    int[] first = new int[6];
    Set<String> orders = new HashSet<>();
    Map<Integer, List<Integer>> order = new TreeMap<>();

    new Sampler(new SamplerConfig(RevealOrder.RANDOM, 1, 512, 9))
        .run(
            FakePredictor.uniform(6, 4, 3),
            rows,
            (row, step, positions, tokens) -> {
              first[positions[0]] += step == 1 ? 1 : 0;
              order.computeIfAbsent(row, r -> new ArrayList<>()).add(positions[0]);
            });
    order.values().forEach(positions -> orders.add(positions.toString()));

    double chiSquare = Arrays.stream(first).mapToDouble(n -> Math.pow(n - 1000.0, 2) / 1000).sum();
    assertThat(chiSquare).as("5 degrees of freedom, 0.1% point").isLessThan(20.5);
    assertThat(orders).as("of 720 permutations").hasSizeGreaterThan(700);
  }

  @Test
  void theTraceReplaysToTheResult() {
    List<Sequence> rows = rows(20);
    int[][] replayed = new int[rows.size()][];
    int[] steps = new int[rows.size()];
    for (int r = 0; r < rows.size(); r++) {
      replayed[r] = rows.get(r).tokens().clone();
      for (int i = 0; i < LENGTH; i++) {
        replayed[r][i] = rows.get(r).isMaskable(i) ? MASK : replayed[r][i];
      }
    }

    List<SampledRow> filled =
        new Sampler(new SamplerConfig(RevealOrder.ENTROPY, 3, 4, 0))
            .run(
                predictor(),
                rows,
                (row, step, positions, tokens) -> {
                  assertThat(step).isEqualTo(++steps[row]);
                  for (int i = 0; i < positions.length; i++) {
                    assertThat(replayed[row][positions[i]]).isEqualTo(MASK);
                    replayed[row][positions[i]] = tokens[i];
                  }
                });

    for (int r = 0; r < rows.size(); r++) {
      assertThat(replayed[r]).isEqualTo(filled.get(r).tokens());
      assertThat(steps[r]).isEqualTo(filled.get(r).forwardPasses());
    }
  }

  @Test
  void scoresThatAreNotNumbersStopTheRun() {
    FakePredictor broken =
        new FakePredictor(
            3, 3, (tokens, segments, position) -> new double[] {Double.NaN, Double.NaN});

    assertThatThrownBy(
            () ->
                new Sampler(new SamplerConfig(RevealOrder.MAX_PROB, 1, 1, 0))
                    .run(broken, List.of(Rows.of(17, new int[3], ".??")), SamplerTrace.none()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot sample: the network's score at position 1 of row 17 is not a number");
  }

  /** Fully masks a row, then reveals by a full sort of the scores in float64. */
  private static int[] naive(
      FakePredictor predictor, Sequence row, RevealOrder order, int tokensPerStep) {
    int[] tokens = row.tokens().clone();
    IntStream.range(0, LENGTH).filter(row::isMaskable).forEach(i -> tokens[i] = MASK);
    while (true) {
      List<double[]> candidates = new ArrayList<>(); // score, position, token
      for (int i = 0; i < LENGTH; i++) {
        if (row.isMaskable(i) && tokens[i] == MASK) {
          double[] p =
              Arrays.stream(predictor.logProbs(tokens, row.segments(), i)).map(Math::exp).toArray();
          int best = IntStream.range(0, p.length).reduce(0, (a, b) -> p[b] > p[a] ? b : a);
          double[] sorted = Arrays.stream(p).sorted().toArray();
          double score =
              switch (order) {
                case MAX_PROB -> p[best];
                case MARGIN -> sorted[p.length - 1] - sorted[p.length - 2];
                case ENTROPY -> Arrays.stream(p).filter(x -> x > 0).map(x -> x * Math.log(x)).sum();
                default -> -i;
              };
          candidates.add(new double[] {score, i, best});
        }
      }
      if (candidates.isEmpty()) {
        return tokens;
      }
      candidates.sort(Comparator.comparingDouble(candidate -> -candidate[0]));
      candidates.stream().limit(tokensPerStep).forEach(c -> tokens[(int) c[1]] = (int) c[2]);
    }
  }

  private static List<SampledRow> run(List<Sequence> rows, SamplerConfig config) {
    return new Sampler(config).run(predictor(), rows, SamplerTrace.none());
  }

  private static FakePredictor predictor() {
    return FakePredictor.hashing(LENGTH, VOCABULARY, MASK);
  }

  private static List<Sequence> rows(int count) {
    return Rows.random(count, LENGTH, MASK, new Random(SEED));
  }

  private static String text(SampledRow row) {
    return Arrays.toString(row.tokens()) + row.forwardPasses();
  }
}
