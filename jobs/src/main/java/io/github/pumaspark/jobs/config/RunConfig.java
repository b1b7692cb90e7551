package io.github.pumaspark.jobs.config;

import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.train.GuardConfig;
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
    GuardConfig guard,
    CollectiveConfig collective,
    ClusterConfig cluster,
    ShardConfig shard,
    GenerateConfig generate,
    EvaluateConfig evaluate) {

  /** What is wrong between sections that are fine alone; one line each, the key first. */
  List<String> contradictions() {
    List<String> problems = new ArrayList<>();
    int ranks = Math.max(cluster.ranks(), cluster.mostRanks());
    int batch = train.globalBatchSize();
    if (batch < ranks) {
      problems.add(
          "Invalid train.global-batch-size: "
              + batch
              + " (must be at least one sequence for each of "
              + (cluster.mostRanks() > cluster.ranks() ? "cluster.max-ranks " : "cluster.ranks ")
              + ranks
              + ")");
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
}
