package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.HostMemory;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The masked diffusion network: a bidirectional (or causal) transformer with an unmasking head on
 * chosen positions, without a time input (the mask pattern is the time).
 *
 * <p>Qwen2's block: RMSNorm, attention with rotary positions and biases on q, k, v, SwiGLU.
 * Documents packed into one row neither see each other nor share positions. Not thread-safe; call
 * it from a thread prepared by {@code TorchThread}. Owns all native memory until closed.
 */
public final class Denoiser implements Predictor {
  private static final int DROPOUT_RESOLUTION = 1 << 24;

  private final int vocabSize;
  private final int maskTokenId;
  private final int sequenceLength;
  private final Precision precision;
  private final NDManager owner;
  private final TorchProgram trunkProgram;
  private final TorchProgram headProgram;
  private final Parameters parameters;
  private final Trunk trunk;
  private final UnmaskingHead head;

  /** As the factories, in any number types and chunks. */
  Denoiser(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeSettings settings,
      NumberTypes types,
      ChunkLimits limits,
      boolean trainable,
      @Nullable HostMemory memory) {
    Check.argument(
        0 <= maskTokenId && maskTokenId < vocabSize,
        "mask token id must be in [0, %s): %s",
        vocabSize,
        maskTokenId);
    Check.argument(
        config.maxPositions() == 0 || sequenceLength <= config.maxPositions(),
        "network.max-positions %s is too small for rows of %s tokens",
        config.maxPositions(),
        sequenceLength);
    this.vocabSize = vocabSize;
    this.maskTokenId = maskTokenId;
    this.sequenceLength = sequenceLength;
    this.precision = settings.precision();
    this.owner = NDManager.newBaseManager(settings.device().device(), "PyTorch");
    this.owner.setName("denoiser");
    try {
      MatrixProducts products = MatrixProducts.of(types, owner.getDevice().isGpu());
      this.trunkProgram =
          TorchProgram.load(
              owner,
              Denoiser.class,
              "trunk.torchscript",
              constants(config, sequenceLength, types, limits, products));
      this.headProgram =
          TorchProgram.load(
              owner,
              Denoiser.class,
              "unmasking-head.torchscript",
              UnmaskingHead.constants(config, vocabSize, maskTokenId, types, limits, products));
      this.parameters =
          new Parameters(
              owner.newSubManager(),
              ParameterTable.of(config, vocabSize),
              types.master(),
              settings.staging(),
              trainable,
              memory);
      this.trunk =
          new Trunk(
              owner,
              config,
              sequenceLength,
              trunkProgram,
              parameters,
              types,
              settings.activationCheckpointing());
      this.head =
          new UnmaskingHead(
              owner, config, vocabSize, trunkProgram, headProgram, parameters, types, limits);
    } catch (RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  /**
   * A network with zero weights that can be trained.
   *
   * @param vocabSize ids (V), the mask token's included
   * @param sequenceLength length of a row (L)
   * @param memory of the flat weights and then the flat gradient, or of the host's copies of them
   * @throws IllegalArgumentException if the rows are longer than the network's positions
   */
  public static Denoiser trainable(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeSettings settings,
      HostMemory memory) {
    return new Denoiser(
        config,
        vocabSize,
        maskTokenId,
        sequenceLength,
        settings,
        NumberTypes.of(settings.precision()),
        ChunkLimits.STANDARD,
        true,
        memory);
  }

  /** As the other, in memory of the tensor library. */
  public static Denoiser trainable(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeSettings settings) {
    return new Denoiser(
        config,
        vocabSize,
        maskTokenId,
        sequenceLength,
        settings,
        NumberTypes.of(settings.precision()),
        ChunkLimits.STANDARD,
        true,
        null);
  }

  /** A network with zero weights and without room for gradients. */
  public static Denoiser forInference(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int sequenceLength,
      ComputeSettings settings) {
    return new Denoiser(
        config,
        vocabSize,
        maskTokenId,
        sequenceLength,
        settings,
        NumberTypes.of(settings.precision()),
        ChunkLimits.STANDARD,
        false,
        null);
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

  /** How many of {@code rows} rows are best put into one pass. */
  public int rowsAtOnce(int rows) {
    return PassSize.of(rows, sequenceLength, precision, owner.getDevice().isGpu());
  }

  /**
   * One forward and backward pass; gradients are added to {@link Parameters#flatGradient}.
   *
   * @param listener hears which gradients are finished, from the head to the embedding
   * @throws IllegalArgumentException if a token or target is not in the vocabulary
   */
  public Scores forwardBackward(Pass pass, GradientListener listener) {
    check(pass.noisyTokens(), pass.segments());
    int n = pass.positions().length;
    Check.argument(
        pass.targets().length == n && pass.lossWeights().length == n,
        "positions, targets and loss weights must be equally many: %s, %s, %s",
        n,
        pass.targets().length,
        pass.lossWeights().length);
    for (int i = 0; i < n; i++) {
      int target = pass.targets()[i];
      if (target < 0 || target >= vocabSize || target == maskTokenId) {
        throw new IllegalArgumentException(
            "Invalid target: token id %s at row %s, position %s (must be in [0, %s) and not the mask token %s)"
                .formatted(
                    target,
                    pass.positions()[i] / sequenceLength,
                    pass.positions()[i] % sequenceLength,
                    vocabSize,
                    maskTokenId));
      }
    }
    if (n == 0) {
      listener.finished(0, parameters.table().length());
      return new Scores(0, new float[0], new float[0], 0, 0);
    }
    long start = System.nanoTime();
    Pass padded = padded(pass);
    double[] nll = new double[padded.positions().length];
    double[] confidence = new double[padded.positions().length];
    try (NDManager scope = owner.newSubManager();
        Trunk.Trace trace = trunk.forward(scope, padded)) {
      long middle = System.nanoTime();
      NDArray dhidden = head.loss(scope, trace.hidden(), padded, nll, confidence);
      ParameterTable.Entry headEntry = head.ownEntry();
      if (headEntry != null) {
        listener.finished(headEntry.offset(), headEntry.end());
      }
      trunk.backward(trace, dhidden, listener);
      double lossSum = 0;
      for (int i = 0; i < n; i++) {
        lossSum += pass.lossWeights()[i] * nll[i];
      }
      long end = System.nanoTime();
      return new Scores(
          lossSum,
          floats(nll, n),
          floats(confidence, n),
          (middle - start) * 1e-9,
          (end - middle) * 1e-9);
    }
  }

  @Override
  public Prediction predict(
      int[] noisyTokens, int[] segments, int[] positions, int @Nullable [] targets) {
    check(noisyTokens, segments);
    if (positions.length == 0) {
      float[] nothing = new float[0];
      return new Prediction(new int[0], nothing, nothing, nothing, nothing);
    }
    int n = positions.length;
    int[] padded = PaddedPositions.of(positions, noisyTokens.length);
    try (NDManager scope = owner.newSubManager()) {
      NDArray rows = trunk.hidden(scope, noisyTokens, segments, padded);
      Prediction all =
          head.predict(
              scope,
              rows,
              padded.length,
              targets == null ? null : Arrays.copyOf(targets, padded.length));
      return new Prediction(
          Arrays.copyOf(all.token(), n),
          Arrays.copyOf(all.maxLogProb(), n),
          Arrays.copyOf(all.margin(), n),
          Arrays.copyOf(all.entropy(), n),
          Arrays.copyOf(all.targetLogProb(), targets == null ? 0 : n));
    }
  }

  @Override
  public void close() {
    trunkProgram.close();
    headProgram.close();
    parameters.close();
    owner.close();
  }

  /**
   * What a training pass leaves behind, in the order of its positions.
   *
   * @param lossSum weighted sum of {@code nll}
   * @param nll [N], nats, of the clean token
   * @param confidence [N], natural log of the largest probability
   * @param forwardSeconds time of the trunk's forward half
   * @param backwardSeconds time of the rest: the head, which computes loss and gradient together,
   *     and the trunk's backward half
   */
  public record Scores(
      double lossSum,
      float[] nll,
      float[] confidence,
      double forwardSeconds,
      double backwardSeconds) {}

  /** With positions that weigh nothing, after the others. */
  private Pass padded(Pass pass) {
    int[] positions = PaddedPositions.of(pass.positions(), pass.noisyTokens().length);
    int[] targets = Arrays.copyOf(pass.targets(), positions.length);
    Arrays.fill(targets, pass.targets().length, positions.length, maskTokenId == 0 ? 1 : 0);
    return new Pass(
        pass.noisyTokens(),
        pass.segments(),
        positions,
        targets,
        Arrays.copyOf(pass.lossWeights(), positions.length),
        pass.dropoutKeys());
  }

  private void check(int[] tokens, int[] segments) {
    Check.argument(
        tokens.length % sequenceLength == 0 && segments.length == tokens.length,
        "tokens must fill rows of %s: %s tokens, %s segments",
        sequenceLength,
        tokens.length,
        segments.length);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabSize) {
        throw new IllegalArgumentException(
            "Invalid token id: %s at row %s, position %s (the network's vocabulary has %s ids)"
                .formatted(tokens[i], i / sequenceLength, i % sequenceLength, vocabSize));
      }
    }
  }

  private static float[] floats(double[] values, int count) {
    float[] narrow = new float[count];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  private static Map<String, Object> constants(
      NetworkConfig config,
      int length,
      NumberTypes types,
      ChunkLimits limits,
      MatrixProducts products) {
    int allHeads = config.heads() + config.keyValueHeads();
    int headWidth = config.headWidth();
    int rotary = allHeads * headWidth / 2;
    long cellsOfRow = (long) config.heads() * length * length;
    long chunkRows = Math.max(1, limits.attentionCells() / cellsOfRow);
    Map<String, Object> constants = new HashMap<>();
    constants.put("length", length);
    constants.put("width", config.width());
    constants.put("cells", length * config.width());
    constants.put("heads", config.heads());
    constants.put("key_value_heads", config.keyValueHeads());
    constants.put("all_heads", allHeads);
    constants.put("group_size", config.heads() / config.keyValueHeads());
    constants.put("group_positions", config.heads() / config.keyValueHeads() * length);
    constants.put("head_width", headWidth);
    constants.put("half_head_width", headWidth / 2);
    constants.put("query_width", headWidth * config.heads());
    constants.put("rotary", rotary);
    constants.put("twice_rotary", 2 * rotary);
    constants.put("qkv_width", 2 * rotary + config.keyValueHeads() * headWidth);
    constants.put("feed_forward_width", config.feedForwardWidth());
    constants.put("twice_feed_forward_width", 2 * config.feedForwardWidth());
    constants.put("chunk_rows", chunkRows);
    constants.put("last_chunk_row", chunkRows - 1);
    constants.put("norm_epsilon", config.normEpsilon());
    constants.put("dropout_threshold", Math.round(config.dropout() * DROPOUT_RESOLUTION));
    constants.put("dropout_scale", 1 / (1 - config.dropout()));
    constants.put("interleaved", config.profile() == NetworkProfile.REFERENCE ? "True" : "False");
    constants.put("converts", types.converts() ? "True" : "False");
    constants.put("onednn_products", products.plain());
    constants.put("onednn", products.biased());
    constants.put("compute", types.computeCode());
    constants.put("master", types.masterCode());
    return constants;
  }
}
