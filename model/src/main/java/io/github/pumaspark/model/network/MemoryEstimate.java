package io.github.pumaspark.model.network;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.Precision;

/**
 * What the tensors of one rank take while it trains, in bytes; the process itself (JVM, libraries)
 * and passing buffers of the operations come on top.
 *
 * @param weights 4 bytes an element of the flat buffer
 * @param gradient 4 bytes an element
 * @param moments AdamW's two, 8 bytes an element of the rank's part
 * @param weightAverage 4 bytes an element of the rank's part, or 0
 * @param weightCopies in the type of the products: 2 bytes an element in bf16, none in fp32
 * @param activations what the forward pass keeps for the backward pass
 * @param headScores the largest chunk of scores over the vocabulary
 */
public record MemoryEstimate(
    long weights,
    long gradient,
    long moments,
    long weightAverage,
    long weightCopies,
    long activations,
    long headScores) {
  /*
   * Kept per block and token, where s is the size of the products' type, H and K the query and the key-value heads,
   * C the channels of a head, L the row's length, D the width and F the inner width of SwiGLU:
   *   inputs of the branches, float32   8 D             (4 D with SELECTIVE)
   *   queries, keys, values             (H + 2 K) C s
   *   attention probabilities           H L s           (not with SELECTIVE)
   *   attention output                  H C s
   *   gate and up projection            2 F s
   *   activated gate, inner product     2 F s           (not with SELECTIVE)
   *   normed inputs of both branches    2 D s           (not with SELECTIVE)
   * FULL keeps a block's input, 4 D, and all of the above for the one block that is computed again.
   */
  private static final long HEAD_CHUNK_BYTES = ChunkLimits.STANDARD.scoreBytes();

  /**
   * What a rank is given at once.
   *
   * @param sequences rows of one forward and backward pass (B)
   * @param sequenceLength tokens of a row (L)
   * @param worldSize ranks among which moments and weight average are divided
   * @param hasWeightAverage whether a moving average of the weights is kept
   */
  public record Workload(
      int sequences,
      int sequenceLength,
      int worldSize,
      boolean hasWeightAverage,
      Precision precision,
      ActivationCheckpointing activationCheckpointing) {
    public Workload {
      Check.argument(sequences > 0, "Invalid sequences: %s (must be positive)", sequences);
      Check.argument(
          sequenceLength > 0, "Invalid sequenceLength: %s (must be positive)", sequenceLength);
      Check.argument(worldSize > 0, "Invalid worldSize: %s (must be positive)", worldSize);
    }

    private long tokens() {
      return (long) sequences * sequenceLength;
    }

    private long typeBytes() {
      return precision == Precision.BF16 ? 2 : 4;
    }
  }

  /**
   * The estimate of a network over {@code vocabSize} ids, with every position of a row masked.
   *
   * @throws IllegalArgumentException if the network is too large for one buffer
   */
  public static MemoryEstimate of(NetworkConfig network, int vocabSize, Workload workload) {
    long elements = ParameterTable.of(network, vocabSize).length();
    long part = (elements + workload.worldSize() - 1) / workload.worldSize();
    long chunkRows =
        Math.min(
            workload.tokens(), Math.max(1, HEAD_CHUNK_BYTES / workload.typeBytes() / vocabSize));
    return new MemoryEstimate(
        4 * elements,
        4 * elements,
        8 * part,
        workload.hasWeightAverage() ? 4 * part : 0,
        workload.precision() == Precision.BF16 ? 2 * elements : 0,
        activations(network, workload),
        chunkRows * vocabSize * workload.typeBytes());
  }

  /** The sum of all. */
  public long total() {
    return weights + gradient + moments + weightAverage + weightCopies + activations + headScores;
  }

  private static long activations(NetworkConfig network, Workload workload) {
    long type = workload.typeBytes();
    long width = network.width();
    long headWidth = network.headWidth();
    long inner = network.feedForwardWidth();
    long projections = (network.heads() + 2L * network.keyValueHeads()) * headWidth;
    long attended = network.heads() * headWidth;
    long selective = 4 * width + (projections + attended + 2 * inner) * type;
    long probabilities = (long) network.heads() * workload.sequenceLength();
    long whole = selective + 4 * width + (probabilities + 2 * inner + 2 * width) * type;
    long ofAllBlocks =
        switch (workload.activationCheckpointing()) {
          case NONE -> network.layers() * whole;
          case SELECTIVE -> network.layers() * selective;
          case FULL -> network.layers() * 4L * width + whole;
        };
    return workload.tokens() * ofAllBlocks;
  }
}
