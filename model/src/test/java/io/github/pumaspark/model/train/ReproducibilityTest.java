package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.network.Staging;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same seed gives the same bits, whatever else goes on and however the host sees them. */
final class ReproducibilityTest {
  @TempDir private java.nio.file.Path temporary;
  private Path dataset;

  @BeforeEach
  void writeDataset() throws Exception {
    dataset = new Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, new Configuration(false), 200);
  }

  @ParameterizedTest
  @CsvSource({"1, FP32", "2, FP32", "1, BF16", "2, BF16"})
  void sameSeedGivesTheSameBitsAfterFiftySteps(int threads, Precision precision) throws Exception {
    TinyRun run = new TinyRun(LocalRun.PROGRESSIVE, precision, 3e-3, 0.1, 50, 64, threads);

    TinyRun.Result first = run.run(dataset, 3);
    TinyRun.Result second = run.run(dataset, 3);

    assertThat(second.losses()).isEqualTo(first.losses());
    assertThat(second.weights()).isEqualTo(first.weights());
    assertThat(first.losses().get(49)).isLessThan(first.losses().get(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void runsInOneProcessDoNotDisturbEachOther(int threads) throws Exception {
    List<TinyRun> runs =
        List.of(
            new TinyRun(LocalRun.RANDOM, Precision.FP32, 3e-3, 0.1, 50, 32, threads),
            new TinyRun(LocalRun.PROGRESSIVE, Precision.BF16, 3e-3, 0, 50, 32, threads));
    List<TinyRun.Result> alone = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      alone.add(runs.get(i).run(dataset, i));
    }

    CyclicBarrier start = new CyclicBarrier(runs.size());
    ExecutorService ranks = Executors.newFixedThreadPool(runs.size());
    List<Future<TinyRun.Result>> together = new ArrayList<>();
    try {
      for (int i = 0; i < runs.size(); i++) {
        int seed = i;
        together.add(
            ranks.submit(
                () -> {
                  start.await(60, TimeUnit.SECONDS);
                  return runs.get(seed).run(dataset, seed);
                }));
      }
      for (int i = 0; i < runs.size(); i++) {
        TinyRun.Result found = together.get(i).get(120, TimeUnit.SECONDS);
        assertThat(found.losses()).isEqualTo(alone.get(i).losses());
        assertThat(found.weights()).isEqualTo(alone.get(i).weights());
      }
    } finally {
      ranks.shutdownNow();
    }
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void stagedBuffersGiveTheBitsOfTheTensorsOwnMemory(Precision precision) throws Exception {
    TinyRun run = new TinyRun(LocalRun.PROGRESSIVE, precision, 3e-3, 0.1, 8, 12, 1);
    for (int worldSize : new int[] {1, 2}) {
      List<TinyRun.Result> direct = train(run, worldSize, Staging.DIRECT);
      List<TinyRun.Result> staged = train(run, worldSize, Staging.STAGED);

      for (int rank = 0; rank < worldSize; rank++) {
        assertThat(staged.get(rank).losses()).isEqualTo(direct.get(rank).losses());
        assertThat(staged.get(rank).weights()).isEqualTo(direct.get(rank).weights());
      }
    }
  }

  @Test
  void otherSeedsGiveOtherBits() throws Exception {
    TinyRun run = new TinyRun(LocalRun.RANDOM, Precision.FP32, 3e-3, 0, 2, 4, 1);

    assertThat(run.run(dataset, 4).weights()).isNotEqualTo(run.run(dataset, 3).weights());
  }

  private List<TinyRun.Result> train(TinyRun run, int worldSize, Staging staging) throws Exception {
    List<Collective> world = LocalRanks.world(worldSize);
    return LocalRanks.run(world, collective -> run.run(dataset, 3, collective, staging));
  }
}
