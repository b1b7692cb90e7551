package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
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
   * Name of the file of a checkpoint that this means.
   *
   * @throws ConfigException if the average is asked for and not there
   */
  public String fileOf(Checkpoint checkpoint) {
    boolean hasAverage = hasAverage(checkpoint);
    if (this == EMA && !hasAverage) {
      throw new ConfigException(
          "Cannot use the moving average of '%s': it has no '%s' (trained with optimizer.ema-decay = 0). Use --weights raw."
              .formatted(checkpoint.directory(), CheckpointFile.EMA));
    }
    return this != RAW && hasAverage ? CheckpointFile.EMA : CheckpointFile.MODEL;
  }

  /** Whether this takes the weights themselves though there is an average. */
  public boolean isRawBesideAverage(Checkpoint checkpoint) {
    return this == RAW && hasAverage(checkpoint);
  }

  private static boolean hasAverage(Checkpoint checkpoint) {
    return checkpoint.state().files().containsKey(CheckpointFile.EMA);
  }
}
