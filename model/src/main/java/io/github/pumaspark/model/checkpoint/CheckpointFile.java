package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import java.util.regex.Pattern;

/**
 * A file written for a checkpoint.
 *
 * @param name without a directory
 * @param sha256 of its bytes, lower-case hexadecimal
 */
public record CheckpointFile(String name, String sha256) {
  /** Name of the file with the weights, as Hugging Face has it. */
  public static final String MODEL = "model.safetensors";

  /** What names of files with the weights start with. */
  static final String MODEL_KIND = "model";

  /** What names of files with the weights' moving average start with, if the run keeps one. */
  public static final String EMA_KIND = "ema";

  /** What names of files with the optimizer's moments start with. */
  public static final String OPTIMIZER_KIND = "optimizer";

  /** Name of the file with the train state. */
  public static final String STATE = "state.json";

  /** Name of the file with the resolved configuration. */
  public static final String CONFIG = "config.json";

  /** Name of the marker, written last, that holds the SHA-256 of {@link #STATE}. */
  public static final String MARKER = "COMMITTED";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  public CheckpointFile {
    Check.argument(
        NAME.matcher(name).matches() && !name.equals(STATE) && !name.equals(MARKER),
        "Invalid checkpoint file name: '%s'",
        name);
    Check.argument(isSha256(sha256), "Invalid SHA-256 of '%s': '%s'", name, sha256);
  }

  /** Whether a file with weights holds them all, by its name; else it is one rank's share. */
  static boolean isWhole(String name) {
    return name.equals(MODEL) || name.equals(EMA_KIND + Safetensors.SUFFIX);
  }

  /** Whether a text is a SHA-256 in lower-case hexadecimal. */
  static boolean isSha256(String text) {
    return SHA256.matcher(text).matches();
  }
}
