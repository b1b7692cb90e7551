package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainLoopTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

  /** With so large an epsilon, updates hang on gradients smoothly; with none, on their signs. */
  private static final OptimizerConfig SMOOTH =
      new OptimizerConfig(1e-2, 0.9, 0.95, 1e-2, 0.01, 1, 2, 0);

  private static final OptimizerConfig NO_CLIPPING =
      new OptimizerConfig(1e-2, 0.9, 0.95, 1e-8, 0.01, 0, 2, 0);

  @TempDir private java.nio.file.Path temporary;
  private Path dataset;

  @BeforeEach
  void writeDataset() throws IOException {
    dataset = path("data");
    CountingDataset.write(dataset, CONFIGURATION, 40);
  }

  static Stream<MaskingConfig> strategies() {
    return Stream.of(LocalRun.RANDOM, LocalRun.PROGRESSIVE);
  }

  @ParameterizedTest
  @CsvSource({"2, 0", "2, 1", "3, 0", "1, 3", "1, 4"})
  void gradientDoesNotDependOnRanksAndMicroBatches(int worldSize, int microBatchSize)
      throws Exception {
    float[] whole = gradient(1, 0);

    float[] found = gradient(worldSize, microBatchSize);

    double norm = norm(whole);
    assertThat(norm).isGreaterThan(0.01);
    float[] difference = whole.clone();
    for (int i = 0; i < whole.length; i++) {
      difference[i] -= found[i];
    }
    // float32 sums of the same addends in another order
    assertThat(norm(difference) / norm).isLessThan(1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void ranksHoldEqualBitsAfterTenSteps(int worldSize) throws Exception {
    List<float[]> weights = run(spec(LocalRun.PROGRESSIVE, SMOOTH), worldSize).weights();

    for (float[] rank : weights) {
      assertThat(rank).isEqualTo(weights.get(0));
    }
    assertThat(weights.get(0)).isNotEqualTo(initialWeights());
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void resumeAtAnotherWorldSizeSeesTheSameRows(MaskingConfig masking) throws Exception {
    TrainSpec spec = spec(masking, SMOOTH);
    LocalRun first = new LocalRun(spec, CONFIGURATION).stopping(0, 6);
    first.train(LocalRanks.world(2));
    TrainSpec resumed = LocalRun.resumed(spec, first.newest().directory());

    Trace straight = run(spec, 2);

    for (int worldSize : new int[] {1, 2, 3}) {
      Trace rest = run(resumed, worldSize);
      SortedMap<Long, List<RecordingMasking.Row>> expected = straight.rows().tailMap(7L);
      assertThat(rest.rows().keySet()).containsExactly(7L, 8L, 9L, 10L);
      if (masking.strategy() == MaskingConfig.Strategy.RANDOM) {
        assertThat(rest.rows()).isEqualTo(expected);
        float[] weights = straight.weights().get(0);
        for (int i = 0; i < weights.length; i++) {
          // Rounding of 1e-7 in gradients of about 1 becomes at most 1e-2 (rate) x 1e-7 / 1e-2
          // (epsilon) a step; moments carry it over some ten steps.
          assertThat(rest.weights().get(0)[i]).isCloseTo(weights[i], within(1e-5f));
        }
      } else {
        assertThat(withoutPositions(rest.rows())).isEqualTo(withoutPositions(expected));
      }
      assertThat(rest.progress().cursor()).isEqualTo(straight.progress().cursor());
    }
  }

  @Test
  void lossThatIsNotFiniteStopsAllRanksBeforeTheUpdate() throws Exception {
    TrainSpec spec = spec(LocalRun.RANDOM, LocalRun.OPTIMIZER);
    TreeMap<Integer, float[]> before = new TreeMap<>();
    TreeMap<Integer, float[]> after = new TreeMap<>();

    List<Throwable> failures =
        LocalRanks.failures(
            LocalRanks.world(2),
            collective -> {
              try (RankParts parts = new RankParts(spec, CONFIGURATION, collective)) {
                try {
                  return parts.train(
                      new Listener(
                          report -> {
                            if (report.step() == 2) {
                              if (collective.rank() == 1) {
                                poisonMaskToken(parts);
                              }
                              put(before, collective, parts.weights());
                            }
                          }));
                } finally {
                  put(after, collective, parts.weights());
                }
              }
            });

    assertThat(failures)
        .hasSize(2)
        .allSatisfy(
            failure ->
                assertThat(failure)
                    .isInstanceOf(GuardException.class)
                    .hasMessageStartingWith("Loss is not finite on rank 1 at step 3; stopped"));
    assertThat(after.get(0)).isEqualTo(before.get(0)).doesNotContain(Float.NaN);
    assertThat(after.get(1)).isEqualTo(before.get(1)).contains(Float.NaN);
  }

  /** What the ranks of a run did, rows in the order of lanes. */
  private record Trace(
      List<float[]> weights,
      SortedMap<Long, List<RecordingMasking.Row>> rows,
      TrainState.Progress progress) {}

  private record RankTrace(
      float[] weights,
      SortedMap<Long, List<RecordingMasking.Row>> rows,
      TrainState.Progress progress) {}

  private Trace run(TrainSpec spec, int worldSize) throws Exception {
    List<RankTrace> ranks =
        LocalRanks.run(
            LocalRanks.world(worldSize),
            collective -> {
              try (RankParts parts = new RankParts(spec, CONFIGURATION, collective)) {
                TrainState.Progress end = parts.train(new Listener(report -> {}));
                return new RankTrace(parts.weights(), parts.masking.rows, end);
              }
            });
    SortedMap<Long, List<RecordingMasking.Row>> rows = new TreeMap<>();
    for (RankTrace rank : ranks) {
      rank.rows()
          .forEach((step, own) -> rows.computeIfAbsent(step, s -> new ArrayList<>()).addAll(own));
    }
    return new Trace(
        ranks.stream().map(RankTrace::weights).toList(), rows, ranks.get(0).progress());
  }

  /** The gradient of the first step, each part from the rank that owns it. */
  private float[] gradient(int worldSize, int microBatchSize) throws Exception {
    TrainSpec spec = spec(LocalRun.RANDOM, NO_CLIPPING);
    TrainSpec oneStep =
        new TrainSpec(
            spec.network(),
            spec.masking(),
            spec.optimizer(),
            new TrainConfig(
                3,
                1,
                6,
                microBatchSize,
                Precision.FP32,
                ActivationCheckpointing.NONE,
                1,
                0,
                0,
                1,
                false,
                Duration.ZERO),
            spec.guard(),
            spec.collective(),
            spec.dataset(),
            spec.checkpoints(),
            "",
            1,
            spec.device(),
            false,
            0,
            List.of());
    List<float[]> own =
        LocalRanks.run(
            LocalRanks.world(worldSize),
            collective -> {
              try (RankParts parts = new RankParts(oneStep, CONFIGURATION, collective)) {
                parts.train(new Listener(report -> {}));
                float[] all = parts.gradient();
                Segment part = parts.owned.get(0);
                return java.util.Arrays.copyOfRange(all, part.start(), part.end());
              }
            });
    float[] joined = new float[own.stream().mapToInt(part -> part.length).sum()];
    int done = 0;
    for (float[] part : own) {
      System.arraycopy(part, 0, joined, done, part.length);
      done += part.length;
    }
    return joined;
  }

  private float[] initialWeights() throws Exception {
    return LocalRanks.run(
            LocalRanks.world(1),
            collective -> {
              try (RankParts parts =
                  new RankParts(spec(LocalRun.RANDOM, SMOOTH), CONFIGURATION, collective)) {
                return parts.weights();
              }
            })
        .get(0);
  }

  private TrainSpec spec(MaskingConfig masking, OptimizerConfig optimizer) {
    return LocalRun.spec(dataset, path("checkpoints"), masking, optimizer, 10);
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toUri());
  }

  private static void poisonMaskToken(RankParts parts) {
    ParameterTable.Entry embedding = parts.network.parameters().table().entries().get(0);
    int width = embedding.shape().get(1).intValue();
    int element = embedding.offset() + CountingDataset.TOKENIZER.maskId() * width;
    parts.network.parameters().weightBuffer().put(element, Float.NaN);
    parts.network.parameters().weightsWritten();
  }

  private static void put(TreeMap<Integer, float[]> map, Collective collective, float[] weights) {
    synchronized (map) {
      map.put(collective.rank(), weights);
    }
  }

  /** Which tokens may be masked where is decided by confidences, and so by rounding. */
  private static List<List<Object>> withoutPositions(
      SortedMap<Long, List<RecordingMasking.Row>> rows) {
    return rows.entrySet().stream()
        .map(
            step ->
                List.<Object>of(
                    step.getKey(),
                    step.getValue().stream().map(RecordingMasking.Row::clean).toList(),
                    step.getValue().stream().map(RecordingMasking.Row::maskedCount).toList()))
        .toList();
  }

  private static double norm(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  /** Nobody asks to stop, and nothing is stored. */
  private record Listener(Consumer<StepReport> afterStep) implements TrainListener {
    @Override
    public boolean stopRequested() {
      return false;
    }

    @Override
    public void stepCompleted(StepReport report) {
      afterStep.accept(report);
    }

    @Override
    public void checkpoint(TrainState.Progress progress) {}
  }
}
