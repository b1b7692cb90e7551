package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * The arrays of one block as {@code trunk.torchscript} lists them.
 *
 * @param masters the weights, in the order of {@code gradients}
 * @param weights what matrix products work on: copies, or the weights themselves
 * @param gradients views of the flat gradient; empty if the network is not trainable
 * @param start first element of the block in the flat arrays
 * @param end one past its last element
 */
record BlockArrays(
    List<NDArray> masters, List<NDArray> weights, List<NDArray> gradients, int start, int end) {
  /** Position of o's bias among a block's tensors, where there is one. */
  private static final int OUTPUT_BIAS = 8;

  /** Tensors of a block. */
  static int tensorCount(NetworkConfig config) {
    return config.profile() == NetworkProfile.REFERENCE ? 13 : 12;
  }

  static BlockArrays of(
      NDManager owner,
      NetworkConfig config,
      int layer,
      TorchProgram program,
      Parameters parameters,
      NumberTypes types) {
    int count = tensorCount(config);
    int first = 1 + layer * count;
    List<NDArray> masters = inOrder(parameters.weights().subList(first, first + count), config);
    List<NDArray> gradients =
        parameters.gradients().isEmpty()
            ? List.of()
            : inOrder(parameters.gradients().subList(first, first + count), config);
    NDArray like = masters.get(0);
    long width = config.width();
    long qkvWidth = (config.heads() + 2L * config.keyValueHeads()) * config.headWidth();
    boolean hasOutputBias = masters.size() > 12;
    NDArray outputBias = hasOutputBias ? masters.get(12) : reserve(owner, program, like, 0);
    List<NDArray> weights =
        List.of(
            masters.get(0),
            reserve(owner, program, like, qkvWidth, width),
            reserve(owner, program, like, qkvWidth),
            copyOf(masters.get(7), owner, program, types),
            hasOutputBias ? copyOf(outputBias, owner, program, types) : outputBias,
            masters.get(8),
            reserve(owner, program, like, 2L * config.feedForwardWidth(), width),
            copyOf(masters.get(11), owner, program, types));
    List<ParameterTable.Entry> entries = parameters.table().entries();
    return new BlockArrays(
        masters,
        weights,
        gradients,
        entries.get(first).offset(),
        entries.get(first + count - 1).end());
  }

  /** An array to hold a weight in the compute type; the weight itself if that is its type. */
  static NDArray copyOf(NDArray weight, NDManager owner, TorchProgram program, NumberTypes types) {
    return types.converts()
        ? reserve(owner, program, weight, weight.getShape().getShape())
        : weight;
  }

  private static NDArray reserve(
      NDManager owner, TorchProgram program, NDArray like, long... shape) {
    return program.run(owner, "reserve", like, new Shape(shape).getShape()).singletonOrThrow();
  }

  private static List<NDArray> inOrder(List<NDArray> tensors, NetworkConfig config) {
    List<NDArray> ordered = new ArrayList<>(tensors);
    if (config.profile() == NetworkProfile.REFERENCE) {
      ordered.add(ordered.remove(OUTPUT_BIAS));
    }
    return List.copyOf(ordered);
  }
}
