package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scores over the vocabulary at rows of hidden states, a chunk of rows at a time; forward and
 * backward. Owned by the {@link Denoiser} that made it.
 */
final class UnmaskingHead {
  private final TorchProgram trunk;
  private final TorchProgram program;
  private final Parameters parameters;
  private final NumberTypes types;
  private final int tensor;
  private final NDArray weight;
  private final int chunk;
  private long preparedVersion = -1;

  /**
   * @param trunk the trunk's program, for its copies
   */
  UnmaskingHead(
      NDManager owner,
      NetworkConfig config,
      int vocabSize,
      TorchProgram trunk,
      TorchProgram program,
      Parameters parameters,
      NumberTypes types,
      ChunkLimits limits) {
    this.trunk = trunk;
    this.program = program;
    this.parameters = parameters;
    this.types = types;
    this.tensor = config.tiedHead() ? 0 : parameters.weights().size() - 1;
    this.weight = BlockArrays.copyOf(parameters.weights().get(tensor), owner, trunk, types);
    this.chunk = Math.max(1, limits.scoreBytes() / types.computeBytes() / vocabSize);
  }

  /** What {@code unmasking-head.torchscript} is to be loaded with. */
  static Map<String, Object> constants(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      NumberTypes types,
      ChunkLimits limits,
      MatrixProducts products) {
    int softmaxRows = Math.max(1, limits.softmaxCells() / vocabSize);
    int vocabRows = Math.max(1, limits.gradientCells() / config.width());
    return Map.of(
        "mask_token_id",
        maskTokenId,
        "vocab_size",
        vocabSize,
        "master",
        types.masterCode(),
        "onednn_products",
        products.plain(),
        "softmax_rows",
        softmaxRows,
        "last_softmax_row",
        softmaxRows - 1,
        "vocab_rows",
        vocabRows,
        "last_vocab_row",
        vocabRows - 1);
  }

  /**
   * Adds the gradient of the weight and gives that of the rows.
   *
   * @param rows [N, D], compute type
   * @param nll [N], filled
   * @param best [N], filled with the logs of the largest probabilities
   * @return [N, D], compute type, attached to {@code scope}
   */
  NDArray loss(NDManager scope, NDArray rows, Pass pass, double[] nll, double[] best) {
    prepare();
    int n = nll.length;
    long width = rows.getShape().get(1);
    NDArray drows = trunk.run(scope, "reserve", rows, new long[] {n, width}).singletonOrThrow();
    for (int start = 0; start < n; start += chunk) {
      int size = Math.min(chunk, n - start);
      try (NDManager chunkScope = scope.newSubManager()) {
        NDArray someNll = chunkScope.zeros(new Shape(size), types.master());
        NDArray someBest = chunkScope.zeros(new Shape(size), types.master());
        program.execute(
            "loss",
            part(chunkScope, rows, start, size, width),
            weight,
            targets(chunkScope, pass.targets(), start, size),
            lossWeights(chunkScope, pass.lossWeights(), start, size),
            parameters.gradients().get(tensor),
            part(chunkScope, drows, start, size, width),
            someNll,
            someBest);
        copy(someNll, nll, start);
        copy(someBest, best, start);
      }
    }
    return drows;
  }

  /** The head's own weight in the flat arrays; null if it is the embedding. */
  ParameterTable.@Nullable Entry ownEntry() {
    return tensor == 0 ? null : parameters.table().entries().get(tensor);
  }

  /**
   * Scores without gradients.
   *
   * @param rows [N, D], compute type
   * @param targets [N], or null
   */
  Predictor.Prediction predict(NDManager scope, NDArray rows, int n, int @Nullable [] targets) {
    prepare();
    Predictor.Prediction all =
        new Predictor.Prediction(
            new int[n],
            new float[n],
            new float[n],
            new float[n],
            new float[targets == null ? 0 : n]);
    long width = rows.getShape().get(1);
    int[] anyTargets = targets == null ? new int[n] : targets;
    // Scores are needed in the master type here, and several times.
    int rowsAtOnce = Math.max(1, chunk / 4);
    for (int start = 0; start < n; start += rowsAtOnce) {
      int size = Math.min(rowsAtOnce, n - start);
      try (NDManager chunkScope = scope.newSubManager()) {
        NDList result =
            program.run(
                chunkScope,
                "predict",
                part(chunkScope, rows, start, size, width),
                weight,
                targets(chunkScope, anyTargets, start, size));
        long[] tokens = result.get(0).toLongArray();
        for (int i = 0; i < size; i++) {
          all.token()[start + i] = (int) tokens[i];
        }
        copy(result.get(1), all.maxLogProb(), start);
        copy(result.get(2), all.margin(), start);
        copy(result.get(3), all.entropy(), start);
        if (targets != null) {
          copy(result.get(4), all.targetLogProb(), start);
        }
      }
    }
    return all;
  }

  private void prepare() {
    if (types.converts() && preparedVersion != parameters.version()) {
      trunk.execute("assign", weight, parameters.weights().get(tensor));
      preparedVersion = parameters.version();
    }
  }

  /** Rows [start, start + size) as a view. */
  private NDArray part(NDManager scope, NDArray rows, int start, int size, long width) {
    return trunk
        .run(
            scope,
            "view_of",
            trunk.run(scope, "flat", rows).singletonOrThrow(),
            start * width,
            size * width,
            new long[] {size, width})
        .singletonOrThrow();
  }

  private static NDArray targets(NDManager scope, int[] values, int start, int size) {
    long[] wide = new long[size];
    for (int i = 0; i < size; i++) {
      wide[i] = values[start + i];
    }
    return scope.create(wide);
  }

  private NDArray lossWeights(NDManager scope, float[] values, int start, int size) {
    return scope
        .create(Arrays.copyOfRange(values, start, start + size))
        .toType(types.master(), false);
  }

  private void copy(NDArray from, float[] to, int start) {
    double[] values = new double[(int) from.size()];
    copy(from, values, 0);
    for (int i = 0; i < values.length; i++) {
      to[start + i] = (float) values[i];
    }
  }

  private void copy(NDArray from, double[] to, int start) {
    if (types.master().getNumOfBytes() == Float.BYTES) {
      float[] values = from.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        to[start + i] = values[i];
      }
    } else {
      double[] values = from.toDoubleArray();
      System.arraycopy(values, 0, to, start, values.length);
    }
  }
}
