package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.SoloCollective;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Settings of a short training on the counting dataset, with every option of the network in use.
 *
 * @param rows of a step
 * @param threads of the tensor library
 */
record TinyRun(
    MaskingConfig masking,
    Precision precision,
    double learningRate,
    double dropout,
    int steps,
    int rows,
    int threads) {
  private static final Configuration CONFIGURATION = new Configuration(false);

  /** What a rank ends with. */
  record Result(float[] weights, List<Double> losses) {}

  /** Trains alone on the calling thread. */
  Result run(Path dataset, long seed) throws Exception {
    return run(dataset, seed, new SoloCollective(), Staging.DIRECT);
  }

  Result run(Path dataset, long seed, Collective collective, Staging staging) throws Exception {
    List<Double> losses = new ArrayList<>();
    try (RankParts parts = new RankParts(spec(dataset, seed), CONFIGURATION, collective, staging)) {
      parts.train(
          new TrainListener() {
            @Override
            public boolean stopRequested() {
              return false;
            }

            @Override
            public void stepCompleted(StepReport report) {
              losses.add(report.loss());
            }

            @Override
            public void checkpoint(TrainState.Progress progress) {}
          });
      return new Result(parts.weights(), losses);
    }
  }

  private TrainSpec spec(Path dataset, long seed) {
    return new TrainSpec(
        new NetworkConfig(
            0,
            0,
            64,
            2,
            4,
            2,
            96,
            10_000,
            1e-6,
            false,
            false,
            dropout,
            0.05,
            NetworkProfile.DEFAULT),
        masking,
        new OptimizerConfig(learningRate, 0.9, 0.95, 1e-8, 0.01, 1, 10, 0),
        new TrainConfig(
            seed,
            steps,
            rows,
            0,
            precision,
            ActivationCheckpointing.SELECTIVE,
            1000,
            0,
            0,
            1,
            false,
            Duration.ZERO),
        GuardConfig.standard(),
        CollectiveConfig.standard(),
        dataset.toString(),
        "",
        "",
        threads,
        DeviceChoice.CPU,
        false,
        0,
        List.of());
  }
}
