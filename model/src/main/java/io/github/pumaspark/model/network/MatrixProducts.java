package io.github.pumaspark.model.network;

/**
 * Which matrix products go through oneDNN's fused operator, as TorchScript literals.
 *
 * @param plain those without a bias
 * @param biased those with one
 */
record MatrixProducts(String plain, String biased) {
  /*
   * In float32 on the CPU, libtorch's own products are MKL's, which are held back on processors that are not
   * Intel's; oneDNN's are not. In bfloat16 both are oneDNN's, and the operator only adds the bias for less.
   */
  static MatrixProducts of(NumberTypes types, boolean isGpu) {
    return new MatrixProducts(
        literal(types == NumberTypes.FP32 && !isGpu), literal(types != NumberTypes.FP64 && !isGpu));
  }

  private static String literal(boolean value) {
    return value ? "True" : "False";
  }
}
