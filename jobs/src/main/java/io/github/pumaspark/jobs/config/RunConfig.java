package io.github.pumaspark.jobs.config;

import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;

/** All settings of one run; the components are the sections of a configuration file. */
public record RunConfig(
    RunSection run,
    DatasetSection dataset,
    NetworkConfig network,
    MaskingConfig masking,
    OptimizerConfig optimizer,
    TrainConfig train,
    ClusterConfig cluster,
    ShardConfig shard,
    GenerateConfig generate,
    EvaluateConfig evaluate) {

  /** What is wrong between sections that are fine alone; one line each, the key first. */
  List<String> contradictions() {
    List<String> problems = new ArrayList<>();
    int ranks = cluster.ranks();
    int batch = train.globalBatchSize();
    int multiple = Math.max(1, train.microBatchSize()) * ranks;
    if (batch < ranks) {
      problems.add(
          "Invalid train.global-batch-size: "
              + batch
              + " (must be at least one sequence for each of cluster.ranks "
              + ranks
              + ")");
    } else if (batch % multiple != 0) {
      problems.add("Invalid train.global-batch-size: " + batch + mustBeMultiple(batch, multiple));
    }
    if (optimizer.warmupSteps() > train.steps()) {
      problems.add(
          "Invalid optimizer.warmup-steps: "
              + optimizer.warmupSteps()
              + " (must not exceed train.steps "
              + train.steps()
              + ")");
    }
    return problems;
  }

  private String mustBeMultiple(int batch, int multiple) {
    String factors =
        train.microBatchSize() == 0
            ? "cluster.ranks " + cluster.ranks()
            : "train.micro-batch-size "
                + train.microBatchSize()
                + " x cluster.ranks "
                + cluster.ranks()
                + " = "
                + multiple;
    int below = batch / multiple * multiple;
    String nearest = below == 0 ? "" + multiple : below + " or " + (below + multiple);
    return " (must be a multiple of " + factors + "; nearest: " + nearest + ")";
  }
}
