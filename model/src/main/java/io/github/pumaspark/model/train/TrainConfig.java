package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import java.io.Serializable;
import java.time.Duration;

/**
 * Length and shape of a run, keys {@code train.*}.
 *
 * @param seed base of all randomness of the run
 * @param steps optimizer updates
 * @param globalBatchSize sequences per step over all ranks; constant over a run, whatever the world
 *     size
 * @param microBatchSize sequences of one pass on one rank; 0 = chosen for device and precision
 * @param precision of matrix products
 * @param activationCheckpointing what the backward pass computes again to save memory
 * @param checkpointEvery steps between checkpoints; the last step always gets one
 * @param keepLast newest checkpoints kept; 0 = all
 * @param keepEvery checkpoints of steps that are multiples of this are kept for good; 0 = none
 * @param logEvery steps between metric records
 * @param ledger whether every step records which sequences it trained on
 * @param timeLimit wall-clock limit after which the run writes a checkpoint and stops; zero = none
 */
public record TrainConfig(
    long seed,
    int steps,
    int globalBatchSize,
    int microBatchSize,
    Precision precision,
    ActivationCheckpointing activationCheckpointing,
    int checkpointEvery,
    int keepLast,
    int keepEvery,
    int logEvery,
    boolean ledger,
    Duration timeLimit)
    implements Serializable {
  public TrainConfig {
    Check.argument(steps > 0, "train.steps must be positive: %s", steps);
    Check.argument(
        globalBatchSize > 0, "train.global-batch-size must be positive: %s", globalBatchSize);
    Check.argument(
        microBatchSize >= 0, "train.micro-batch-size must not be negative: %s", microBatchSize);
    Check.argument(
        checkpointEvery > 0, "train.checkpoint-every must be positive: %s", checkpointEvery);
    Check.argument(keepLast >= 0, "train.keep-last must not be negative: %s", keepLast);
    Check.argument(keepEvery >= 0, "train.keep-every must not be negative: %s", keepEvery);
    Check.argument(logEvery > 0, "train.log-every must be positive: %s", logEvery);
    Check.argument(!timeLimit.isNegative(), "train.time-limit must not be negative: %s", timeLimit);
  }
}
