package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;
import java.util.Locale;

/**
 * The checkpoint under evaluation. Only {@code weightsSha256} and {@code precision} can change a
 * score; the rest says where the weights come from.
 *
 * @param run name of the run
 * @param checkpoint path of the checkpoint directory
 * @param sequences distinct training sequences consumed by then
 * @param tokens tokens processed by then
 * @param trainSeconds seconds trained by then
 * @param weightsSha256 hash of the weight file, lower-case hexadecimal
 * @param precision compute type of the evaluation, as in {@code float32}
 */
public record EvaluatedModel(
    String run,
    String checkpoint,
    long step,
    long sequences,
    long tokens,
    double trainSeconds,
    String weightsSha256,
    String precision)
    implements Serializable {
  public EvaluatedModel {
    Check.argument(!run.isBlank(), "Invalid run name: '%s' (must not be blank)", run);
    Check.argument(!weightsSha256.isBlank(), "Invalid weights hash of '%s': empty", checkpoint);
  }

  /** Run and step as one name, as in {@code puma/step00001000}. */
  public String name() {
    return run + String.format(Locale.ROOT, "/step%08d", step);
  }

  /** {@link #name} as a file name: every run of characters that are not allowed becomes "__". */
  public String fileName() {
    return name().replaceAll("[\"<>:/|\\\\?*\\[\\]]+", "__");
  }
}
