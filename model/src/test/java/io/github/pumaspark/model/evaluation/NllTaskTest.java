package io.github.pumaspark.model.evaluation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.sampling.FakePredictor;
import io.github.pumaspark.model.sampling.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NllTaskTest {
  private static final int MASK = 5;
  private static final EvaluationData DATA = new EvaluationData("data/validation", "d", 0, 4);

  /** float32 log-probabilities, weighted sums of up to a few hundred of them. */
  private static final double FLOAT_ERROR = 1e-5;

  @ParameterizedTest
  @ValueSource(strings = {"?", "??", "???", "?????", "??????", "?.?.??.?", "..?......??"})
  void shortDocumentsGetTheMeanOverAllOrdersOfRevealing(String prompt) {
    Sequence row = row(prompt, 3);
    FakePredictor predictor = FakePredictor.hashing(prompt.length(), 5, MASK);

    double nll = nll(predictor, List.of(row), 4, 1, 16).get(3L);

    assertThat(nll).isCloseTo(meanOverOrders(predictor, row), within(FLOAT_ERROR));
  }

  /**
   * The law of the drawn counts is a sum over strata and equal cells of u; together with uniform
   * subsets the expectation of the estimate is then a finite sum, which must be the bound itself.
   */
  @ParameterizedTest
  @CsvSource({"4,1", "4,3", "4,16", "5,8", "6,4", "6,7", "6,32"})
  void theStratifiedEstimateIsUnbiased(int length, int strata) {
    Sequence row = row("?".repeat(length), 8);
    FakePredictor predictor = FakePredictor.hashing(length, 5, MASK);
    double[] meanSum = new double[length + 1]; // over subsets of each count
    int[] subsets = new int[length + 1];
    for (int mask = 1; mask < 1 << length; mask++) {
      meanSum[Integer.bitCount(mask)] += maskedSum(predictor, row, mask);
      subsets[Integer.bitCount(mask)]++;
    }

    double expectation = 0;
    for (int stratum = 0; stratum < strata; stratum++) {
      for (int cell = 0; cell < length; cell++) {
        int count = MaskPlan.count(length, stratum, strata, (cell + 0.5) / length);
        double estimate = (double) length / count * meanSum[count] / subsets[count];
        expectation += estimate / strata / length;
      }
    }

    assertThat(expectation).isCloseTo(meanOverOrders(predictor, row), within(1e-9));
  }

  @Test
  void drawnCountsStayInTheirStratumAndAreUniformTogether() {
    int length = 8;
    int strata = 16;
    int documents = 2000;
    int[] positions = {0, 1, 2, 3, 4, 5, 6, 7};
    int[] counts = new int[length + 1];
    int[] masked = new int[length];
    for (long id = 0; id < documents; id++) {
      MaskPlan plan = new MaskPlan(positions, id, new LikelihoodConfig(strata, 1, 1, 3));
      for (int pass = 0; pass < strata; pass++) {
        int[] mask = plan.mask(pass);
        assertThat(mask.length).isEqualTo(pass / 2 + 1);
        assertThat(plan.weight(pass)).isEqualTo(8.0 / mask.length / strata);
        counts[mask.length]++;
        if (mask.length == 1) {
          masked[mask[0]]++;
        }
      }
    }

    for (int count = 1; count <= length; count++) {
      assertThat(counts[count]).isEqualTo(documents * strata / length);
    }
    double expected = documents * 2 / 8.0;
    double chiSquare =
        Arrays.stream(masked).mapToDouble(n -> (n - expected) * (n - expected) / expected).sum();
    assertThat(chiSquare).as("7 degrees of freedom, 0.1% point").isLessThan(24.3);
  }

  @Test
  void estimatesOfLongerDocumentsAverageToTheBound() {
    Sequence row = row("????????", 1);
    FakePredictor predictor = FakePredictor.hashing(8, 5, MASK);
    double bound = meanOverOrders(predictor, row);
    int seeds = 400;
    double[] estimates = new double[seeds];
    for (int seed = 0; seed < seeds; seed++) {
      estimates[seed] = score(predictor, List.of(row), new LikelihoodConfig(5, 1, 8, seed)).get(1L);
    }

    Metric mean = Metric.mean(estimates);

    assertThat(mean.value()).isCloseTo(bound, within(4 * requireNonNull(mean.standardError())));
    assertThat(mean.standardError()).as("the test can tell").isLessThan(bound / 100);
  }

  @Test
  void aUniformModelCostsLogVocabularyPerTokenWithoutVariance() {
    List<Sequence> rows = Rows.random(30, 40, 5, new Random(1));
    FakePredictor predictor = FakePredictor.uniform(40, 5, MASK);

    TaskScores scores = new NllTask(new LikelihoodConfig(3, 2, 7, 0)).score(predictor, rows, DATA);

    Metric perToken = requireNonNull(scores.metrics().get("nll_per_token"));
    assertThat(perToken.value()).isCloseTo(Math.log(5), within(1e-7));
    assertThat(perToken.standardError()).isLessThan(1e-12);
    assertThat(requireNonNull(scores.metrics().get("perplexity")).value())
        .isCloseTo(5, within(1e-6));
    assertThat(requireNonNull(scores.metrics().get("nll_per_token_sampling_error")).value())
        .isLessThan(1e-12);
  }

  @Test
  void documentsOfARowCostWhatTheyCostAlone() {
    int length = 30;
    FakePredictor predictor = FakePredictor.hashing(length, 5, MASK);
    int[] tokens = new Random(4).ints(length, 0, 5).toArray();
    boolean[] prompt = new boolean[length];
    prompt[0] = true;
    prompt[13] = true;
    int[] segments = new int[length];
    Arrays.fill(segments, 4, 17, 1);
    Arrays.fill(segments, 17, 27, 2);
    Arrays.fill(segments, 27, length, 3);
    Sequence packed = new Sequence(50, tokens, prompt, segments, 27);

    Map<Long, Double> alone = new TreeMap<>();
    int[][] documents = {{0, 4}, {4, 17}, {17, 27}};
    for (int[] document : documents) {
      int used = document[1] - document[0];
      int[] own = new int[length];
      boolean[] ownPrompt = new boolean[length];
      int[] ownSegments = new int[length];
      System.arraycopy(tokens, document[0], own, 0, used);
      System.arraycopy(prompt, document[0], ownPrompt, 0, used);
      Arrays.fill(ownSegments, used, length, 1);
      Sequence row = new Sequence(document[0], own, ownPrompt, ownSegments, used);
      alone.putAll(nll(predictor, List.of(row), 6, 1, 8));
    }

    double together = nll(predictor, List.of(packed), 6, 1, 8).get(50L);
    assertThat(together)
        .isCloseTo(alone.values().stream().mapToDouble(x -> x).sum(), within(1e-12));
  }

  @Test
  void rowsCostTheSameInAnyOrderAndBatch() {
    List<Sequence> rows = Rows.random(25, 20, 5, new Random(2));
    FakePredictor predictor = FakePredictor.hashing(20, 5, MASK);
    Map<Long, Double> expected = nll(predictor, rows, 4, 2, 1);

    for (int batchSize : new int[] {3, 16, 256}) {
      List<Sequence> shuffled = new ArrayList<>(rows);
      Collections.shuffle(shuffled, new Random(batchSize));

      assertThat(nll(predictor, shuffled, 4, 2, batchSize)).isEqualTo(expected);
    }
  }

  @Test
  void theNetworkSeesPromptsAndNoPaddingMasked() {
    List<Sequence> rows = Rows.random(1, 20, 5, new Random(11));
    FakePredictor predictor = FakePredictor.hashing(20, 5, MASK);

    nll(predictor, rows, 8, 1, 1);

    assertThat(predictor.calls()).isNotEmpty();
    for (FakePredictor.Call call : predictor.calls()) {
      for (int i = 0; i < 20; i++) {
        int position = i;
        boolean masked = Arrays.stream(call.positions()).anyMatch(p -> p == position);
        assertThat(call.noisyTokens()[i]).isEqualTo(masked ? MASK : rows.get(0).tokens()[i]);
        assertThat(!masked || rows.get(0).isMaskable(i)).isTrue();
      }
    }
  }

  @Test
  void replicatesMeasureTheErrorDueToTheMasks() {
    Sequence row = row("?".repeat(16), 1);
    FakePredictor predictor = FakePredictor.hashing(16, 5, MASK);
    int seeds = 300;
    double[] estimates = new double[seeds];
    double[] variances = new double[seeds];
    for (int seed = 0; seed < seeds; seed++) {
      TaskScores scores =
          new NllTask(new LikelihoodConfig(4, 4, 16, seed)).score(predictor, List.of(row), DATA);
      estimates[seed] = requireNonNull(scores.metrics().get("nll_per_token")).value();
      double error = requireNonNull(scores.metrics().get("nll_per_token_sampling_error")).value();
      variances[seed] = error * error;
    }
    double mean = Arrays.stream(estimates).average().orElseThrow();
    double variance =
        Arrays.stream(estimates).map(e -> (e - mean) * (e - mean)).sum() / (seeds - 1);

    double reported = Arrays.stream(variances).average().orElseThrow();
    assertThat(reported / variance).as("300 seeds: spread about 10%").isBetween(0.7, 1.4);
  }

  @Test
  void bitsPerByteCountOnlyTokensThatAreBytes() {
    Sequence row = row("?".repeat(9), new int[] {0, 1, 2, 3, 4, 4, 3, 2, 1}, 1);
    FakePredictor predictor = FakePredictor.uniform(9, 5, MASK);

    TaskScores scores =
        new NllTask(new LikelihoodConfig(2, 1, 4, 0)).score(predictor, List.of(row), DATA);

    assertThat(requireNonNull(scores.metrics().get("bits_per_byte")).value())
        .isCloseTo(9 * Math.log(5) / Math.log(2) / 7, within(1e-6));
  }

  @Test
  void rowsWithoutMaskableTokensAreLeftOutAndOnlyTheyAreAnError() {
    FakePredictor predictor = FakePredictor.uniform(4, 5, MASK);
    NllTask task = new NllTask(new LikelihoodConfig(2, 1, 4, 0));

    assertThat(task.score(predictor, List.of(row("....", 1), row("..??", 2)), DATA).n())
        .isEqualTo(1);
    assertThatThrownBy(() -> task.score(predictor, List.of(row("....", 1)), DATA))
        .isInstanceOf(ConfigException.class)
        .hasMessage("Cannot evaluate task 'nll' on 'data/validation': no row has a maskable token");
  }

  /** The any-order bound by its definition: the mean over all orders of one-by-one revealing. */
  private static double meanOverOrders(FakePredictor predictor, Sequence row) {
    int[] maskable = new int[row.maskableLength()];
    for (int i = 0, n = 0; i < row.tokenCount(); i++) {
      if (row.isMaskable(i)) {
        maskable[n++] = i;
      }
    }
    int[] noisy = row.tokens().clone();
    Arrays.stream(maskable).forEach(i -> noisy[i] = MASK);
    return overOrders(predictor, row, maskable, noisy);
  }

  private static double overOrders(
      FakePredictor predictor, Sequence row, int[] maskable, int[] noisy) {
    double sum = 0;
    int hidden = 0;
    for (int position : maskable) {
      if (noisy[position] == MASK) {
        hidden++;
        double logProb =
            predictor.logProbs(noisy, row.segments(), position)[row.tokens()[position]];
        noisy[position] = row.tokens()[position];
        sum += -logProb + overOrders(predictor, row, maskable, noisy);
        noisy[position] = MASK;
      }
    }
    return hidden == 0 ? 0 : sum / hidden;
  }

  /** Sum of -log p over a subset of the positions of a row without prompt. */
  private static double maskedSum(FakePredictor predictor, Sequence row, int subset) {
    int[] noisy = row.tokens().clone();
    for (int i = 0; i < noisy.length; i++) {
      noisy[i] = (subset >>> i & 1) == 1 ? MASK : noisy[i];
    }
    double sum = 0;
    for (int i = 0; i < noisy.length; i++) {
      if (noisy[i] == MASK) {
        sum -= predictor.logProbs(noisy, row.segments(), i)[row.tokens()[i]];
      }
    }
    return sum;
  }

  private static Map<Long, Double> score(
      FakePredictor predictor, List<Sequence> rows, LikelihoodConfig config) {
    Map<Long, Double> nll = new TreeMap<>();
    for (SampleRecord sample : new NllTask(config).score(predictor, rows, DATA).samples()) {
      nll.put(
          (Long) requireNonNull(sample.doc().get("row_id")),
          requireNonNull(sample.metrics().get("nll")));
    }
    return nll;
  }

  private static Map<Long, Double> nll(
      FakePredictor predictor, List<Sequence> rows, int strata, int replicates, int batchSize) {
    return score(predictor, rows, new LikelihoodConfig(strata, replicates, batchSize, 7));
  }

  private static Sequence row(String prompt, long rowId) {
    return row(prompt, new Random(rowId).ints(prompt.length(), 0, 5).toArray(), rowId);
  }

  private static Sequence row(String prompt, int[] tokens, long rowId) {
    return Rows.of(rowId, tokens, prompt);
  }
}
