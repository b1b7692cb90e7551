package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.CollectiveConfig.StagingChoice;
import io.github.pumaspark.model.collective.CollectiveConfig.Wire;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RankTrainerTest {
  private static final Configuration CONFIGURATION = new Configuration(false);

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
  @MethodSource("strategies")
  void sixStepsAndFourMoreAreTenBitByBit(MaskingConfig masking) throws Exception {
    LocalRun straight = run(spec("straight", masking, 10));
    straight.train(LocalRanks.world(2));
    TrainSpec spec = spec("parts", masking, 10);
    LocalRun first = run(spec).stopping(1, 6);
    first.train(LocalRanks.world(2));
    LocalRun second = run(LocalRun.resumed(spec, first.newest().directory()));

    second.train(LocalRanks.world(2));

    assertThat(first.newest().step()).isEqualTo(10);
    assertThat(first.reports).hasSize(6);
    assertThat(second.reports).hasSize(4);
    assertThat(trained(second.newest())).isEqualTo(trained(straight.newest()));
    List<Double> losses = losses(first);
    losses.addAll(losses(second));
    assertThat(losses).isEqualTo(losses(straight));
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void sameSeedGivesTheSameBits(MaskingConfig masking) throws Exception {
    LocalRun one = run(spec("one", masking, 5));
    LocalRun two = run(spec("two", masking, 5));

    one.train(LocalRanks.world(2));
    two.train(LocalRanks.world(2));

    assertThat(trained(two.newest())).isEqualTo(trained(one.newest()));
    assertThat(losses(two)).isEqualTo(losses(one));
  }

  @Test
  void checkpointHoldsThePoolOfEveryRank() throws Exception {
    LocalRun run = run(spec("run", LocalRun.PROGRESSIVE, 2));

    run.train(LocalRanks.world(2));

    // Six lanes of three pool rows each; the lanes of a rank are contiguous.
    assertThat(run.newest().verify().state().files().keySet())
        .containsExactlyInAnyOrder(
            CheckpointFile.MODEL,
            "optimizer-00000-of-00002.safetensors",
            "optimizer-00001-of-00002.safetensors",
            CheckpointFile.CONFIG,
            "pool-0000000000-9.safetensors",
            "pool-0000000009-9.safetensors");
  }

  @Test
  void averageOfTwoRanksSurvivesAStopBitByBit() throws Exception {
    TrainSpec straight = averaged("straight", 6);
    run(straight).train(LocalRanks.world(2));
    TrainSpec parts = averaged("parts", 6);
    run(parts).stopping(0, 4).train(LocalRanks.world(2));
    run(LocalRun.resumed(parts, run(parts).newest().directory())).train(LocalRanks.world(2));

    Map<String, String> expected = trained(run(straight).newest());
    assertThat(expected)
        .containsKeys("ema-00000-of-00002.safetensors", "ema-00001-of-00002.safetensors");
    assertThat(trained(run(parts).newest())).isEqualTo(expected);
  }

  @Test
  void averageCannotBeSwitchedOnHalfWay() throws Exception {
    TrainSpec plain = spec("run", LocalRun.RANDOM, 2);
    run(plain).train(LocalRanks.world(1));
    TrainSpec averaged = LocalRun.resumed(averaged("other", 4), run(plain).newest().directory());

    assertThatThrownBy(() -> run(averaged).train(LocalRanks.world(1)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("it has no moving average")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void stopRequestOnOneRankStopsAllAtTheSameStepWithACheckpoint() throws Exception {
    LocalRun run = run(spec("run", LocalRun.RANDOM, 10)).stopping(1, 3);

    List<TrainState.Progress> ends = run.train(LocalRanks.world(2));

    assertThat(ends).extracting(TrainState.Progress::step).containsExactly(3L, 3L);
    assertThat(run.store().complete()).extracting(Checkpoint::step).containsExactly(3L);
    assertThat(run.newest().verify().state().progress().cursor()).containsExactly(18L);
  }

  @Test
  void aRunGoesOnWithAnotherShareOfTheOptimizer() throws Exception {
    TrainSpec straight = averaged("straight", 6);
    run(straight).train(LocalRanks.world(2));
    TrainSpec sharded = averaged("parts", 6);
    TrainSpec whole = LocalRun.unsharded(sharded);
    run(whole).stopping(0, 2).train(LocalRanks.world(2));
    run(LocalRun.resumed(sharded, run(sharded).newest().directory()))
        .stopping(0, 2)
        .train(LocalRanks.world(2));
    run(LocalRun.resumed(whole, run(whole).newest().directory())).train(LocalRanks.world(2));

    Map<String, String> expected = trained(run(straight).newest());
    Map<String, String> found = trained(run(whole).newest());
    assertThat(found.get(CheckpointFile.MODEL)).isEqualTo(expected.get(CheckpointFile.MODEL));
    assertThat(found.get("step")).isEqualTo("6");
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void ledgerDoesNotDependOnTheWorldSizes(MaskingConfig masking) throws Exception {
    LocalRun straight = run(LocalRun.withLedger(spec("straight", masking, 12)));
    straight.train(LocalRanks.world(2));
    TrainSpec spec = LocalRun.withLedger(spec("parts", masking, 12));
    TreeMap<Long, List<Long>> ledger = new TreeMap<>();
    List<Long> cursor = List.of();
    for (int worldSize : new int[] {2, 1, 3, 2}) {
      LocalRun part = run(spec).stopping(0, 3);
      part.train(LocalRanks.world(worldSize));
      ledger.putAll(part.ledger());
      cursor = part.newest().state().progress().cursor();
      spec = LocalRun.resumed(spec, part.newest().directory());
    }

    assertThat(ledger).isEqualTo(straight.ledger()).hasSize(12);
    assertThat(ledger.values()).allSatisfy(positions -> assertThat(positions).hasSize(6));
    assertThat(cursor).isEqualTo(straight.newest().state().progress().cursor());
    if (masking.strategy() == MaskingConfig.Strategy.RANDOM) {
      assertThat(ledger.get(2L)).containsExactly(6L, 7L, 8L, 9L, 10L, 11L);
    } else {
      // Three groups take turns; row r of the pool begins with position r.
      assertThat(ledger.get(1L)).containsExactly(0L, 3L, 6L, 9L, 12L, 15L);
      assertThat(ledger.get(2L)).containsExactly(1L, 4L, 7L, 10L, 13L, 16L);
    }
  }

  @Test
  void memoryOfAGpuCannotBeExchangedDirectly() {
    ComputeDevice gpu = new ComputeDevice(Device.gpu(0));
    CollectiveConfig standard = CollectiveConfig.standard();

    assertThat(RankTrainer.staging(standard, gpu, 2)).isEqualTo(Staging.STAGED);
    assertThat(RankTrainer.staging(standard, ComputeDevice.cpu(), 2)).isEqualTo(Staging.DIRECT);
    CollectiveConfig staged = LocalRun.collective(Wire.BF16, StagingChoice.STAGED, true);
    assertThat(RankTrainer.staging(staged, ComputeDevice.cpu(), 2)).isEqualTo(Staging.STAGED_BF16);
    assertThat(RankTrainer.staging(staged, ComputeDevice.cpu(), 1)).isEqualTo(Staging.STAGED);
    CollectiveConfig direct = LocalRun.collective(Wire.FP32, StagingChoice.DIRECT, true);
    assertThatThrownBy(() -> RankTrainer.staging(direct, gpu, 2))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "Invalid collective.staging: direct (works on the CPU only; a GPU needs auto or staged)");
  }

  @Test
  void finishedRunTrainsNoFurther() throws Exception {
    TrainSpec spec = spec("run", LocalRun.RANDOM, 2);
    run(spec).train(LocalRanks.world(1));
    LocalRun again = run(LocalRun.resumed(spec, run(spec).newest().directory()));

    List<TrainState.Progress> ends = again.train(LocalRanks.world(1));

    assertThat(ends).extracting(TrainState.Progress::step).containsExactly(2L);
    assertThat(again.reports).isEmpty();
  }

  @Test
  void exchangeOverSocketsGivesTheBitsOfAnExchangeInMemory() throws Exception {
    LocalRun memory = run(spec("memory", LocalRun.PROGRESSIVE, 5));
    LocalRun sockets = run(spec("sockets", LocalRun.PROGRESSIVE, 5));

    memory.train(LocalRanks.world(2));
    sockets.train(LocalRanks.sockets(2, CollectiveConfig.standard()));

    assertThat(trained(sockets.newest())).isEqualTo(trained(memory.newest()));
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void lossFallsOnRowsThatCount(MaskingConfig masking) throws Exception {
    LocalRun run = run(spec("run", masking, 300));

    run.train(LocalRanks.world(2));

    List<Double> losses = losses(run);
    // At first each of five tokens is about as likely as the others; then the first token tells
    // all.
    assertThat(mean(losses.subList(0, 3))).isBetween(1.2, 2.0);
    assertThat(mean(losses.subList(290, 300))).isLessThan(0.4);
  }

  private LocalRun run(TrainSpec spec) {
    return new LocalRun(spec, CONFIGURATION);
  }

  private TrainSpec spec(String name, MaskingConfig masking, int steps) {
    return LocalRun.spec(dataset, path(name + "/checkpoints"), masking, LocalRun.OPTIMIZER, steps);
  }

  private TrainSpec averaged(String name, int steps) {
    return LocalRun.spec(
        dataset,
        path(name + "/checkpoints"),
        LocalRun.RANDOM,
        new OptimizerConfig(1e-2, 0.9, 0.95, 1e-8, 0.01, 1, 2, 0.99),
        steps);
  }

  private Path path(String name) {
    return new Path(temporary.resolve(name).toUri());
  }

  /** Everything that must be the same, as text: hashes of weights, moments, pool, and counters. */
  private static Map<String, String> trained(Checkpoint checkpoint) throws IOException {
    TrainState.Progress progress = checkpoint.verify().state().progress();
    Map<String, String> all = new TreeMap<>(checkpoint.state().files());
    all.put("step", Long.toString(progress.step()));
    all.put("tokens", Long.toString(progress.tokens()));
    all.put("sequences", Long.toString(progress.sequences()));
    all.put("cursor", progress.cursor().toString());
    return all;
  }

  private static List<Double> losses(LocalRun run) {
    return new ArrayList<>(run.reports.stream().map(StepReport::loss).toList());
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
