package io.github.pumaspark.model.engine;

/** The type in which matrix products are computed; keys are the names in lower case. */
public enum Precision {
  /** float32 throughout. */
  FP32,
  /** bfloat16 products; master weights, norms, the residual stream, softmax and loss in float32. */
  BF16
}
