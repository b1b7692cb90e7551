package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What one benchmark of checkpoints runs.
 *
 * @param config with the rows of one step as {@code train.global-batch-size}
 * @param promptLength positions at the start of a row that are never masked
 * @param directory beneath which to write; null = one of temporary files
 * @param rounds checkpoints
 * @param steps without a checkpoint, of one round
 */
public record CheckpointPlan(
    EffectiveConfig config, int promptLength, @Nullable Path directory, int rounds, int steps) {
  public CheckpointPlan {
    AllReducePlan.within("--rounds", rounds, 1, 1000);
    AllReducePlan.within("--steps", steps, 1, 1000);
    TrainRatioPlan.requireSizes(config.values());
  }
}
