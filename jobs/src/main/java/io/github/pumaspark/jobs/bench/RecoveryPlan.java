package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.jobs.config.EffectiveConfig;

/**
 * What one benchmark of the recovery runs.
 *
 * @param config of the training; dataset and directory are replaced
 * @param rounds faults, one after another in the same run
 * @param limitSeconds for training to begin, and to begin again
 * @param mainClass of {@code puma}
 */
public record RecoveryPlan(
    EffectiveConfig config, Fault fault, int rounds, int limitSeconds, String mainClass) {
  private static final int MAX_ROUNDS = 100;
  private static final int MAX_SECONDS = 3600;

  public RecoveryPlan {
    AllReducePlan.within("--ranks", config.values().cluster().ranks(), 1, 16);
    AllReducePlan.within("--rounds", rounds, 1, MAX_ROUNDS);
    AllReducePlan.within("--limit", limitSeconds, 1, MAX_SECONDS);
  }

  int ranks() {
    return config.values().cluster().ranks();
  }
}
