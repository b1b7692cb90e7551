package io.github.pumaspark.model.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How fast this process can multiply matrices on the CPU: what a training step is measured against.
 *
 * <p>Not thread-safe; call it from a thread prepared by {@link TorchThread}. Holds buffers only
 * during {@link #measure}.
 */
public final class GemmRoof implements AutoCloseable {
  /** M, K, N: squares, and products of rows of tokens with the matrices of a block. */
  private static final List<long[]> SIZES =
      List.of(
          new long[] {512, 512, 512},
          new long[] {1024, 1024, 1024},
          new long[] {2048, 2048, 2048},
          new long[] {5184, 256, 768},
          new long[] {2048, 512, 1536},
          new long[] {2048, 1536, 512});

  /** For bfloat16, which takes larger matrices than float32 to reach full speed. */
  private static final long[] LARGEST = {4096, 4096, 4096};

  private static final long WARM_UP_SIZE = 64;
  private static final int MIN_REPEATS = 3;
  private static final int MAX_REPEATS = 200;
  private static final long NANOS_PER_SIZE = 250_000_000L;

  private final Precision precision;
  private final NDManager owner;
  private final TorchProgram program;

  /** A roof for one type of products; the first product runs here, so the engine is loaded. */
  public GemmRoof(Precision precision) {
    this.precision = precision;
    this.owner = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    this.owner.setName("gemm roof");
    try {
      this.program = TorchProgram.load(owner, GemmRoof.class, "gemm.torchscript", Map.of());
      at(new long[] {WARM_UP_SIZE, WARM_UP_SIZE, WARM_UP_SIZE});
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /**
   * The fastest product.
   *
   * @param gigaflops 10^9 floating-point operations per second, 2 M K N for each product
   * @param kernel {@code mm} or {@code onednn}
   * @param rows M
   * @param inner K
   * @param columns N
   */
  public record Best(double gigaflops, String kernel, long rows, long inner, long columns) {}

  /** Times every size and kernel, a few seconds in all; the largest of their medians. */
  public Best measure() {
    Best best = precision == Precision.BF16 ? at(LARGEST) : new Best(0, "", 0, 0, 0);
    for (long[] size : SIZES) {
      Best found = at(size);
      best = found.gigaflops() > best.gigaflops() ? found : best;
    }
    return best;
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }

  private Best at(long[] size) {
    long rows = size[0];
    long inner = size[1];
    long columns = size[2];
    double operations = 2.0 * rows * inner * columns;
    try (NDManager scope = owner.newSubManager()) {
      NDArray x = matrix(scope, rows, inner);
      NDArray w = matrix(scope, inner, columns);
      List<NDArray> out = List.of(matrix(scope, rows, columns));
      double mm = operations / medianNanos(() -> program.execute("multiply", x, w, out));
      if (precision != Precision.FP32) {
        return new Best(mm, "mm", rows, inner, columns);
      }
      double onednn = operations / medianNanos(() -> program.execute("multiply_onednn", x, w));
      return onednn > mm
          ? new Best(onednn, "onednn", rows, inner, columns)
          : new Best(mm, "mm", rows, inner, columns);
    }
  }

  private NDArray matrix(NDManager scope, long rows, long columns) {
    long type = precision == Precision.BF16 ? 15L : 6L;
    return program.run(scope, "matrix", rows, columns, type).singletonOrThrow();
  }

  private static double medianNanos(Runnable product) {
    product.run();
    long[] nanos = new long[MAX_REPEATS];
    int count = 0;
    long begin = System.nanoTime();
    while (count < MIN_REPEATS
        || (count < MAX_REPEATS && System.nanoTime() - begin < NANOS_PER_SIZE)) {
      long start = System.nanoTime();
      product.run();
      nanos[count++] = System.nanoTime() - start;
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    return sorted[count / 2];
  }
}
