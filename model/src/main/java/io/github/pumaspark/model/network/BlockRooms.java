package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory for what blocks keep and for their results, the same from pass to pass; it grows with the
 * largest pass seen. Owned by the {@link Denoiser} that made it.
 */
final class BlockRooms {
  /** Arrays of what one block keeps. */
  private static final int KEPT = 7;

  private final NDManager owner;
  private final NetworkConfig config;
  private final TorchProgram program;
  private final NumberTypes types;
  private final int keptRooms;
  private final int middleRooms;
  private final int resultRooms;
  private final List<NDArray> arrays = new ArrayList<>();
  private int capacity;

  /**
   * @param keptRooms how many blocks keep something at a time
   * @param middleRooms how many of them keep the residual stream after attention, or 1
   * @param resultRooms how many results are in use at a time, at least 2
   */
  BlockRooms(
      NDManager owner,
      NetworkConfig config,
      TorchProgram program,
      NumberTypes types,
      int keptRooms,
      int middleRooms,
      int resultRooms) {
    this.owner = owner;
    this.config = config;
    this.program = program;
    this.types = types;
    this.keptRooms = keptRooms;
    this.middleRooms = middleRooms;
    this.resultRooms = resultRooms;
  }

  /**
   * The flat arrays that {@code trunk.torchscript} calls the room of a block, of at least {@code
   * tokens} tokens; what another block has put there is lost if rooms are shared.
   */
  List<NDArray> of(int layer, int tokens) {
    if (tokens > capacity) {
      arrays.forEach(NDArray::close);
      arrays.clear();
      capacity = tokens;
      allocate();
    }
    int first = layer % keptRooms * KEPT;
    List<NDArray> room = new ArrayList<>(arrays.subList(first, first + KEPT));
    room.add(arrays.get(keptRooms * KEPT + layer % resultRooms));
    return room;
  }

  /**
   * One large array for each type, so that passing arrays have the rest of the memory to
   * themselves.
   */
  private void allocate() {
    int queryWidth = config.heads() * config.headWidth();
    int keyValueWidth = config.keyValueHeads() * config.headWidth();
    int width = config.width();
    int inner = config.feedForwardWidth();
    int computeWidth = 2 * (queryWidth + keyValueWidth + inner);
    try (NDManager scope = owner.newSubManager()) {
      NDArray like = scope.zeros(new Shape(0), types.master());
      long size = (long) capacity * keptRooms * computeWidth;
      NDArray compute = program.run(scope, "reserve", like, new long[] {size}).singletonOrThrow();
      NDArray master =
          scope.create(
              new Shape((long) capacity * width * (middleRooms + resultRooms)), types.master());
      for (int room = 0; room < keptRooms; room++) {
        long at = (long) room * computeWidth;
        add(compute, at, queryWidth);
        add(compute, at + queryWidth, keyValueWidth);
        add(compute, at + queryWidth + keyValueWidth, keyValueWidth);
        add(compute, at + queryWidth + 2L * keyValueWidth, queryWidth);
        add(master, (long) (room % middleRooms) * width, width);
        add(compute, at + 2L * (queryWidth + keyValueWidth), inner);
        add(compute, at + 2L * (queryWidth + keyValueWidth) + inner, inner);
      }
      for (int room = 0; room < resultRooms; room++) {
        add(master, (long) (middleRooms + room) * width, width);
      }
    }
  }

  /** A part of a flat array, which it keeps alive; places and sizes are those of one token. */
  private void add(NDArray flat, long place, int size) {
    long length = (long) capacity * size;
    arrays.add(
        program
            .run(owner, "view_of", flat, capacity * place, length, new long[] {length})
            .singletonOrThrow());
  }
}
