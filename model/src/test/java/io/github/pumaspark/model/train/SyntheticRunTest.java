package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.SoloCollective;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SyntheticRunTest {
  private static final int LENGTH = 12;
  private static final int PROMPT = 4;
  private static final int BATCH = 8;

  @Test
  void trainsOnAcrossCalls() {
    try (SyntheticRun twice = open(PROMPT);
        SyntheticRun once = open(PROMPT)) {
      twice.run(3);
      List<SyntheticRun.Step> tail = twice.run(2);
      List<SyntheticRun.Step> all = once.run(5);

      assertThat(tail).hasSize(2);
      assertThat(all).hasSize(5);
      assertThat(tail.get(1).loss()).isEqualTo(all.get(4).loss());
      assertThat(tail.get(1).maskedPositions()).isEqualTo(all.get(4).maskedPositions());
    }
  }

  @Test
  void masksWithinTheMaskablePositionsAndStartsAtTheLossOfUniformScores() {
    try (SyntheticRun run = open(PROMPT)) {
      SyntheticRun.Step first = run.run(1).get(0);

      assertThat(first.maskedPositions()).isBetween(1L, (long) BATCH * (LENGTH - PROMPT));
      assertThat(first.loss()).isCloseTo(Math.log(6), Offset.offset(0.2));
    }
  }

  @Test
  void phasesAndLibtorchLieWithinTheStep() {
    try (SyntheticRun run = open(0)) {
      for (SyntheticRun.Step step : run.run(3)) {
        double phases = step.phaseSeconds().values().stream().mapToDouble(x -> x).sum();
        assertThat(phases).isPositive().isLessThanOrEqualTo(step.seconds());
        assertThat(step.secondsInLibtorch()).isPositive().isLessThan(step.seconds());
        assertThat(step.phaseSeconds()).containsKeys("masking", "optimizer");
      }
    }
  }

  @Test
  void ranksTogetherTrainAsOne() throws Exception {
    List<Double> alone;
    try (SyntheticRun run = open(PROMPT)) {
      alone = run.run(4).stream().map(SyntheticRun.Step::loss).toList();
    }

    List<List<Double>> ranks =
        LocalRanks.run(
            LocalRanks.sockets(3, CollectiveConfig.standard()),
            collective -> {
              try (SyntheticRun run = open(PROMPT, collective)) {
                return run.run(4).stream().map(SyntheticRun.Step::loss).toList();
              }
            });

    for (List<Double> losses : ranks) {
      assertThat(losses).isEqualTo(ranks.get(0));
      for (int step = 0; step < alone.size(); step++) {
        assertThat(losses.get(step)).isCloseTo(alone.get(step), Offset.offset(1e-4));
      }
    }
  }

  @Test
  void checkpointsAreWrittenWhileTrainingGoesOn(@TempDir java.nio.file.Path directory)
      throws Exception {
    List<Double> expected;
    try (SyntheticRun run = open(PROMPT)) {
      expected = run.run(4).stream().map(SyntheticRun.Step::loss).toList();
    }
    try (SyntheticRun run = open(PROMPT)) {
      run.checkpointAfterRuns(new Path(directory.toUri()), new Configuration(false));
      run.run(2);
      List<Double> losses = run.run(2).stream().map(SyntheticRun.Step::loss).toList();
      run.awaitCheckpoint();

      assertThat(losses).isEqualTo(expected.subList(2, 4));
      try (Stream<java.nio.file.Path> files = Files.walk(directory)) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .filteredOn("model.safetensors"::equals)
            .hasSize(2);
      }
    }
  }

  @Test
  void aPromptOfTheWholeRowIsRefused() {
    assertThatThrownBy(() -> open(LENGTH))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("prompt length must be in [0, 12): 12");
  }

  private static SyntheticRun open(int promptLength) {
    return open(promptLength, new SoloCollective());
  }

  private static SyntheticRun open(int promptLength, Collective collective) {
    return SyntheticRun.openRank(
        new NetworkConfig(
            7,
            LENGTH,
            16,
            2,
            2,
            2,
            32,
            10_000,
            1e-6,
            false,
            false,
            0,
            0.02,
            NetworkProfile.DEFAULT),
        new MaskingConfig(MaskingConfig.Strategy.PROGRESSIVE, 4, 1),
        new OptimizerConfig(1e-3, 0.9, 0.95, 1e-8, 0.01, 1, 10, 0),
        new TrainConfig(
            1,
            1,
            BATCH,
            0,
            Precision.FP32,
            ActivationCheckpointing.NONE,
            1,
            0,
            0,
            1,
            false,
            Duration.ZERO),
        promptLength,
        1,
        CollectiveConfig.standard(),
        collective);
  }
}
