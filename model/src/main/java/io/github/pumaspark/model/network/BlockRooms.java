package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Memory for what blocks keep and for their results, the same from pass to pass; it grows with the
 * largest pass seen. Owned by the {@link Denoiser} that made it.
 */
final class BlockRooms {
  private final NDManager owner;
  private final NetworkConfig config;
  private final TorchProgram program;
  private final NumberTypes types;
  private final int keptRooms;
  private final int resultRooms;
  private final Map<Integer, List<NDArray>> kept = new HashMap<>();
  private final Map<Integer, NDArray> results = new HashMap<>();
  private int capacity;

  /**
   * @param keptRooms how many blocks keep something at a time
   * @param resultRooms how many results are in use at a time, at least 2
   */
  BlockRooms(
      NDManager owner,
      NetworkConfig config,
      TorchProgram program,
      NumberTypes types,
      int keptRooms,
      int resultRooms) {
    this.owner = owner;
    this.config = config;
    this.program = program;
    this.types = types;
    this.keptRooms = keptRooms;
    this.resultRooms = resultRooms;
  }

  /**
   * The flat arrays that {@code trunk.torchscript} calls the room of a block, of at least {@code
   * tokens} tokens; what another block has put there is lost if rooms are shared.
   */
  List<NDArray> of(int layer, int tokens) {
    if (tokens > capacity) {
      kept.values().forEach(room -> room.forEach(NDArray::close));
      results.values().forEach(NDArray::close);
      kept.clear();
      results.clear();
      capacity = tokens;
    }
    List<NDArray> room =
        new ArrayList<>(kept.computeIfAbsent(layer % keptRooms, index -> keptRoom()));
    room.add(results.computeIfAbsent(layer % resultRooms, index -> master(config.width())));
    return room;
  }

  private List<NDArray> keptRoom() {
    long queryWidth = (long) config.heads() * config.headWidth();
    long keyValueWidth = (long) config.keyValueHeads() * config.headWidth();
    return List.of(
        compute(queryWidth),
        compute(keyValueWidth),
        compute(keyValueWidth),
        compute(queryWidth),
        master(config.width()),
        compute(config.feedForwardWidth()),
        compute(config.feedForwardWidth()));
  }

  private NDArray compute(long widthOfToken) {
    try (NDManager scope = owner.newSubManager()) {
      NDArray like = scope.zeros(new Shape(0), types.master());
      return program
          .run(owner, "reserve", like, new long[] {capacity * widthOfToken})
          .singletonOrThrow();
    }
  }

  private NDArray master(long widthOfToken) {
    return owner.create(new Shape(capacity * widthOfToken), types.master());
  }
}
