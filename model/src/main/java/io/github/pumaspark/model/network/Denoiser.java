package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The masked diffusion network: a bidirectional transformer with an unmasking head on chosen
 * positions, without a time input (the mask pattern is the time).
 *
 * <p>Qwen2's block: RMSNorm, attention with rotary positions and biases on q, k, v, SwiGLU.
 * Documents packed into one row neither see each other nor share positions. Not thread-safe; call
 * it from a thread prepared by {@code TorchThread}. Owns all native memory until closed.
 */
public final class Denoiser implements Predictor {
  /** Positions whose scores over the vocabulary exist at the same time. */
  private static final int MAX_SCORES = 1 << 24;

  private final NetworkConfig config;
  private final int vocabSize;
  private final int maskTokenId;
  private final int sequenceLength;
  private final NDManager owner;
  private final TorchProgram program;
  private final Parameters parameters;
  private final Rotary rotary;

  private Denoiser(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeDevice device,
      boolean trainable) {
    Check.argument(
        0 <= maskTokenId && maskTokenId < vocabSize,
        "mask token id must be in [0, %s): %s",
        vocabSize,
        maskTokenId);
    this.config = config;
    this.vocabSize = vocabSize;
    this.maskTokenId = maskTokenId;
    this.sequenceLength = sequenceLength;
    this.owner = NDManager.newBaseManager(device.device(), "PyTorch");
    this.owner.setName("denoiser");
    try {
      ParameterTable table = ParameterTable.of(config, vocabSize);
      this.program =
          TorchProgram.load(owner, Denoiser.class, "denoiser.torchscript", constants(table));
      this.parameters = new Parameters(owner, program, table, trainable);
      this.rotary = new Rotary(owner, config, sequenceLength);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /** A network with zero weights that can be trained. */
  public static Denoiser trainable(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeDevice device) {
    return new Denoiser(config, vocabSize, maskTokenId, sequenceLength, device, true);
  }

  /** A network with zero weights and no room for gradients. */
  public static Denoiser forInference(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeDevice device) {
    return new Denoiser(config, vocabSize, maskTokenId, sequenceLength, device, false);
  }

  /** Weights and gradients; owned by this network. */
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public int sequenceLength() {
    return sequenceLength;
  }

  @Override
  public int maskTokenId() {
    return maskTokenId;
  }

  /**
   * One forward and backward pass; gradients are added to {@link Parameters#flatGradient}.
   *
   * @param noisyTokens [B * L], row-major
   * @param segments [B * L], document number within the row
   * @param positions [N], flat indices of the masked positions, ascending
   * @param targets [N], the clean tokens there
   * @param lossWeights [N], weight of each position in the loss
   */
  public Scores forwardBackward(
      int[] noisyTokens, int[] segments, int[] positions, int[] targets, float[] lossWeights) {
    int n = positions.length;
    if (n == 0) {
      return new Scores(0, new float[0], new float[0]);
    }
    float[] nll = new float[n];
    float[] confidence = new float[n];
    double lossSum = 0;
    JniUtils.setGradMode(true);
    try (NDManager scope = owner.newSubManager()) {
      PtNDArray rows = (PtNDArray) rows(scope, noisyTokens, segments, positions, true);
      // The head runs on a copy cut off from the trunk, chunk by chunk, so that the scores of one
      // chunk
      // are freed before the next; the trunk's backward pass then runs once.
      PtNDArray cut = JniUtils.detachGradient(rows);
      cut.attach(scope);
      cut.setRequiresGradient(true);
      int chunk = Math.max(1, MAX_SCORES / vocabSize);
      for (int start = 0; start < n; start += chunk) {
        int end = Math.min(n, start + chunk);
        try (NDManager chunkScope = scope.newSubManager()) {
          NDArray part = n <= chunk ? cut : cut.get(start + ":" + end);
          NDList result =
              program.differentiate(
                  chunkScope,
                  "loss",
                  parameters.weights(),
                  part,
                  longs(chunkScope, targets, start, end),
                  floats(chunkScope, lossWeights, start, end));
          PtNDArray loss = (PtNDArray) result.get(0);
          JniUtils.backward(loss, (PtNDArray) chunkScope.ones(loss.getShape()), false, false);
          lossSum += loss.getFloat();
          System.arraycopy(result.get(1).toFloatArray(), 0, nll, start, end - start);
          System.arraycopy(result.get(2).toFloatArray(), 0, confidence, start, end - start);
        }
      }
      PtNDArray gradient = cut.getGradient();
      gradient.attach(scope);
      JniUtils.backward(rows, gradient, false, false);
    } finally {
      JniUtils.setGradMode(false);
    }
    return new Scores(lossSum, nll, confidence);
  }

  @Override
  public Prediction predict(
      int[] noisyTokens, int[] segments, int[] positions, int @Nullable [] targets) {
    int n = positions.length;
    Prediction all =
        new Prediction(
            new int[n],
            new float[n],
            new float[n],
            new float[n],
            new float[targets == null ? 0 : n]);
    if (n == 0) {
      return all;
    }
    JniUtils.setGradMode(false);
    try (NDManager scope = owner.newSubManager()) {
      NDArray rows = rows(scope, noisyTokens, segments, positions, false);
      int chunk = Math.max(1, MAX_SCORES / vocabSize);
      int[] anyTargets = targets == null ? new int[n] : targets;
      for (int start = 0; start < n; start += chunk) {
        int end = Math.min(n, start + chunk);
        try (NDManager chunkScope = scope.newSubManager()) {
          NDList result =
              program.run(
                  chunkScope,
                  "predict",
                  parameters.weights(),
                  n <= chunk ? rows : rows.get(start + ":" + end),
                  longs(chunkScope, anyTargets, start, end));
          long[] tokens = result.get(0).toLongArray();
          for (int i = start; i < end; i++) {
            all.token()[i] = (int) tokens[i - start];
          }
          copy(result.get(1), all.maxLogProb(), start);
          copy(result.get(2), all.margin(), start);
          copy(result.get(3), all.entropy(), start);
          if (targets != null) {
            copy(result.get(4), all.targetLogProb(), start);
          }
        }
      }
    }
    return all;
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }

  /**
   * What a training pass leaves behind, in the order of its positions.
   *
   * @param lossSum weighted sum of {@code nll}
   * @param nll [N], nats, of the clean token
   * @param confidence [N], natural log of the largest probability
   */
  public record Scores(double lossSum, float[] nll, float[] confidence) {}

  private NDArray rows(
      NDManager scope, int[] noisyTokens, int[] segments, int[] positions, boolean training) {
    int length = sequenceLength;
    Check.argument(
        noisyTokens.length % length == 0 && segments.length == noisyTokens.length,
        "tokens must fill rows of %s: %s tokens, %s segments",
        length,
        noisyTokens.length,
        segments.length);
    Shape shape = new Shape(noisyTokens.length / length, length);
    NDArray tokens = scope.create(noisyTokens, shape);
    NDArray at = longs(scope, positions, 0, positions.length);
    Rotary.Inputs inputs = rotary.inputs(scope, segments);
    if (training) {
      NDArray hidden =
          program
              .differentiate(
                  scope,
                  "hidden",
                  parameters.weights(),
                  tokens,
                  inputs.cos(),
                  inputs.sin(),
                  inputs.blocked())
              .singletonOrThrow();
      return program.differentiate(scope, "rows", hidden, at).singletonOrThrow();
    }
    NDArray hidden =
        program
            .run(
                scope,
                "hidden",
                parameters.weights(),
                tokens,
                inputs.cos(),
                inputs.sin(),
                inputs.blocked())
            .singletonOrThrow();
    return program.run(scope, "rows", hidden, at).singletonOrThrow();
  }

  private Map<String, Object> constants(ParameterTable table) {
    int last = table.entries().size() - 1;
    Map<String, Object> constants = new HashMap<>();
    constants.put("layers", config.layers());
    constants.put("width", config.width());
    constants.put("heads", config.heads());
    constants.put("key_value_heads", config.keyValueHeads());
    constants.put("group_size", config.heads() / config.keyValueHeads());
    constants.put("head_width", config.headWidth());
    constants.put("half_head_width", config.headWidth() / 2);
    constants.put("query_width", config.headWidth() * config.heads());
    constants.put("score_scale", 1 / Math.sqrt(config.headWidth()));
    constants.put("norm_epsilon", config.normEpsilon());
    constants.put("final_norm", config.tiedHead() ? last : last - 1);
    constants.put("head", config.tiedHead() ? 0 : last);
    constants.put("vocab_size", vocabSize);
    constants.put("mask_token_id", maskTokenId);
    constants.put("after_mask_token_id", maskTokenId + 1);
    return constants;
  }

  private static NDArray longs(NDManager scope, int[] values, int start, int end) {
    long[] wide = new long[end - start];
    for (int i = start; i < end; i++) {
      wide[i - start] = values[i];
    }
    return scope.create(wide);
  }

  private static NDArray floats(NDManager scope, float[] values, int start, int end) {
    return scope.create(java.util.Arrays.copyOfRange(values, start, end));
  }

  private static void copy(NDArray from, float[] to, int start) {
    float[] values = from.toType(DataType.FLOAT32, false).toFloatArray();
    System.arraycopy(values, 0, to, start, values.length);
  }
}
