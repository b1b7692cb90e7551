package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.lang.Check;
import java.io.Serializable;

/**
 * The rows a task is run on.
 *
 * @param path of the dataset
 * @param sha256 hash of its manifest, lower-case hexadecimal
 * @param limit the first so many rows by row id; 0 = all
 * @param byteTokens token ids below this stand for one byte each, as 256 for a byte-level
 *     tokenizer; 0 = tokens are not bytes
 */
public record EvaluationData(String path, String sha256, long limit, int byteTokens)
    implements Serializable {
  public EvaluationData {
    Check.argument(limit >= 0, "limit must not be negative: %s", limit);
    Check.argument(byteTokens >= 0, "byte tokens must not be negative: %s", byteTokens);
  }
}
