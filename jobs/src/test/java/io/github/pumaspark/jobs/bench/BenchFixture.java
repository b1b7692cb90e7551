package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import java.util.List;
import java.util.Map;

/** A plan small enough for tests. */
final class BenchFixture {
  /** V = 7, L = 12, D = 16; untied: 2 x 7 x 16 of its parameters are embedding and head. */
  static StepBenchPlan plan(PeerKind peer, String python) {
    RunConfig config =
        EffectiveConfig.load(
                null,
                List.of(
                    "cluster.ranks=1",
                    "network.vocab-size=7",
                    "network.max-positions=12",
                    "network.width=16",
                    "network.layers=2",
                    "network.heads=4",
                    "network.key-value-heads=2",
                    "network.feed-forward-width=24",
                    "train.global-batch-size=8",
                    "train.micro-batch-size=4"))
            .values();
    return new StepBenchPlan(
        "tiny",
        config.network(),
        config.masking(),
        StepBenchPlan.withoutAverage(config.optimizer()),
        StepBenchPlan.oneMicroBatch(config),
        5,
        1,
        1,
        2,
        peer,
        false,
        python);
  }

  /** The interpreter that a user would get. */
  static String python() {
    return Map.copyOf(System.getenv()).getOrDefault("PUMA_PYTHON", "python3");
  }

  static boolean hasTorch() {
    try {
      TorchPeer.check(python());
      return true;
    } catch (io.github.pumaspark.data.lang.ConfigException e) {
      return false;
    } catch (java.io.IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private BenchFixture() {}
}
