package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which weights of a checkpoint to use. */
public enum WeightChoice {
  /** The moving average if the checkpoint has it, else the weights themselves. */
  BEST,
  /** The moving average. */
  EMA,
  /** The weights that training goes on with. */
  RAW;

  /**
   * Reads a flag.
   *
   * @param flag {@code ema} or {@code raw}; null = {@link #BEST}
   * @throws ConfigException if it is anything else
   */
  public static WeightChoice of(@Nullable String flag) {
    if (flag == null) {
      return BEST;
    }
    return switch (flag) {
      case "ema" -> EMA;
      case "raw" -> RAW;
      default ->
          throw new ConfigException("Invalid --weights: '" + flag + "' (must be ema or raw)");
    };
  }

  /**
   * The files of a checkpoint that this means.
   *
   * @throws ConfigException if the average is asked for and not there
   */
  public WeightFiles filesOf(Checkpoint checkpoint) {
    boolean hasAverage = hasAverage(checkpoint);
    if (this == EMA && !hasAverage) {
      throw new ConfigException(
          "Cannot use the moving average of '%s': it has none (trained with optimizer.ema-decay = 0). Use --weights raw."
              .formatted(checkpoint.directory()));
    }
    return this != RAW && hasAverage
        ? new WeightFiles(checkpoint, true, TensorPieces.files(CheckpointFile.EMA_KIND, checkpoint))
        : new WeightFiles(checkpoint, false, List.of(CheckpointFile.MODEL));
  }

  /** Whether this takes the weights themselves though there is an average. */
  public boolean isRawBesideAverage(Checkpoint checkpoint) {
    return this == RAW && hasAverage(checkpoint);
  }

  /** Whether a checkpoint has a moving average of its weights. */
  public static boolean hasAverage(Checkpoint checkpoint) {
    return !TensorPieces.files(CheckpointFile.EMA_KIND, checkpoint).isEmpty();
  }
}
