package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.model.network.ParameterTable;
import java.util.Map;

/**
 * What one benchmark of training with and without communication runs.
 *
 * @param config with ranks and threads per rank
 * @param rows of one step on one rank
 * @param promptLength positions at the start of a row that are never masked
 * @param rounds each: communicating ranks, ranks that do not communicate, one rank alone
 * @param steps of one round; 0 = as many as fill about five seconds
 */
public record TrainRatioPlan(
    EffectiveConfig config, int rows, int promptLength, int rounds, int steps) {
  private static final int MAX_RANKS = 16;

  public TrainRatioPlan {
    AllReducePlan.within("--ranks", config.values().cluster().ranks(), 2, MAX_RANKS);
    AllReducePlan.within("--rows", rows, 1, 1 << 16);
    AllReducePlan.within("--rounds", rounds, 1, 1000);
    AllReducePlan.within("--steps", steps, 0, 100_000);
    requireSizes(config.values());
  }

  /** Requires what a dataset would give otherwise. */
  static void requireSizes(RunConfig config) {
    if (config.network().vocabSize() == 0 || config.network().maxPositions() == 0) {
      throw new ConfigException(
          "Missing network.vocab-size or network.max-positions: there is no dataset to take them"
              + " from; choose a --preset or set both.");
    }
  }

  int ranks() {
    return config.values().cluster().ranks();
  }

  /** The configuration of a world of {@code ranks}, whose ranks have {@code rows} each. */
  EffectiveConfig world(int ranks) {
    return config.with(Map.of("cluster.ranks", ranks, "train.global-batch-size", rows * ranks));
  }

  /** Positions that one rank trains on in a step. */
  long tokensPerRank() {
    return (long) rows * config.values().network().maxPositions();
  }

  long parameters() {
    var network = config.values().network();
    return ParameterTable.of(network, network.vocabSize()).parameterCount();
  }
}
