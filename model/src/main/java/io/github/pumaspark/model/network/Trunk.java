package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From tokens to hidden states at chosen positions, and back from their gradient to the weights'.
 * Owned by the {@link Denoiser} that made it, like all arrays in here.
 */
final class Trunk {
  private static final long KEEP_NOTHING = 0;
  private static final long KEEP_SOME = 1;
  private static final long KEEP_ALL = 2;

  private final NetworkConfig config;
  private final ActivationCheckpointing checkpointing;
  private final TorchProgram program;
  private final Parameters parameters;
  private final Rotary rotary;
  private final List<BlockArrays> blocks = new ArrayList<>();
  private final BlockRooms rooms;
  private final int finalNorm;
  private final NDArray noKeys;
  private final NDArray allPositions;
  private long preparedVersion = -1;

  Trunk(
      NDManager owner,
      NetworkConfig config,
      int length,
      TorchProgram program,
      Parameters parameters,
      NumberTypes types,
      ActivationCheckpointing checkpointing) {
    this.config = config;
    this.checkpointing = checkpointing;
    this.program = program;
    this.parameters = parameters;
    this.rotary = new Rotary(owner, program, config, length);
    this.noKeys = owner.zeros(new Shape(0), DataType.INT64);
    this.allPositions = owner.zeros(new Shape(0), DataType.INT64);
    for (int layer = 0; layer < config.layers(); layer++) {
      blocks.add(BlockArrays.of(owner, config, layer, program, parameters, types));
    }
    boolean isTrainable = !parameters.gradients().isEmpty();
    boolean keepsSome = isTrainable && checkpointing != ActivationCheckpointing.FULL;
    this.rooms =
        new BlockRooms(
            owner,
            config,
            program,
            types,
            keepsSome ? config.layers() : 1,
            keepsSome && checkpointing == ActivationCheckpointing.NONE ? config.layers() : 1,
            isTrainable ? config.layers() : 2);
    this.finalNorm = 1 + config.layers() * BlockArrays.tensorCount(config);
  }

  /**
   * What a forward pass leaves behind; closing it frees all of it.
   *
   * @param hidden [N, D], compute type
   * @param scale of the final norm
   * @param outputs residual stream after each block
   * @param kept what each block keeps; empty if it is to be computed again
   * @param scopes owner of each block's output and of what it keeps
   */
  record Trace(
      NDManager scope,
      NDArray tokens,
      NDArray at,
      Rotary.Inputs inputs,
      NDArray embedded,
      List<NDArray> outputs,
      List<NDList> kept,
      List<NDManager> scopes,
      NDArray hidden,
      NDArray scale,
      long @Nullable [] dropoutKeys)
      implements AutoCloseable {
    @Override
    public void close() {
      scope.close();
    }
  }

  /**
   * Hidden states at chosen positions, for prediction.
   *
   * @param positions [N], flat, ascending
   * @return [N, D], compute type, attached to {@code owner}
   */
  NDArray hidden(NDManager owner, int[] tokens, int[] segments, int[] positions) {
    try (Trace trace = forward(owner, tokens, segments, positions, KEEP_NOTHING, null, false)) {
      trace.hidden.attach(owner);
      return trace.hidden;
    }
  }

  /** A training pass's forward half; the caller closes the result. */
  Trace forward(NDManager owner, Pass pass) {
    long keep =
        switch (checkpointing) {
          case NONE -> KEEP_ALL;
          case SELECTIVE -> KEEP_SOME;
          case FULL -> KEEP_NOTHING;
        };
    long[] keys = config.dropout() > 0 ? pass.dropoutKeys() : null;
    return forward(owner, pass.noisyTokens(), pass.segments(), pass.positions(), keep, keys, true);
  }

  private Trace forward(
      NDManager owner,
      int[] tokens,
      int[] segments,
      int[] positions,
      long keep,
      long @Nullable [] dropoutKeys,
      boolean isTraining) {
    prepare();
    NDManager scope = owner.newSubManager();
    try {
      NDArray ids = scope.create(tokens);
      NDArray at = positions(scope, positions);
      Rotary.Inputs inputs = rotary.inputs(scope, segments);
      NDArray embedded =
          program.run(scope, "embed", parameters.weights().get(0), ids).singletonOrThrow();
      List<NDArray> outputs = new ArrayList<>();
      List<NDList> kept = new ArrayList<>();
      List<NDManager> scopes = new ArrayList<>();
      NDArray x = embedded;
      for (int layer = 0; layer < blocks.size(); layer++) {
        NDManager blockScope = scope.newSubManager();
        NDList result =
            block(blockScope, layer, x, inputs, at, keep, dropoutKeys(scope, dropoutKeys, layer));
        x = result.get(0);
        outputs.add(x);
        kept.add(new NDList(result.subList(1, result.size())));
        if (!isTraining && layer > 0) {
          scopes.get(layer - 1).close();
        }
        scopes.add(blockScope);
      }
      NDList normed = program.run(scope, "final_norm", x, parameters.weights().get(finalNorm));
      return new Trace(
          scope,
          ids,
          at,
          inputs,
          embedded,
          outputs,
          kept,
          scopes,
          normed.get(0),
          normed.get(1),
          dropoutKeys);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  /**
   * Adds the gradients of all weights, from the last block to the embedding.
   *
   * @param dhidden [N, D], gradient of {@code trace.hidden()}
   * @param listener hears of every block when it is done
   */
  void backward(Trace trace, NDArray dhidden, GradientListener listener) {
    List<NDArray> weights = parameters.weights();
    List<NDArray> gradients = parameters.gradients();
    List<ParameterTable.Entry> entries = parameters.table().entries();
    int last = blocks.size() - 1;
    NDManager scope = trace.scope();
    NDArray dx =
        program
            .run(
                scope,
                "final_norm_backward",
                dhidden,
                trace.outputs().get(last),
                trace.scale(),
                weights.get(finalNorm),
                gradients.get(finalNorm))
            .singletonOrThrow();
    listener.finished(entries.get(finalNorm).offset(), entries.get(finalNorm).end());
    for (int layer = last; layer >= 0; layer--) {
      NDArray x = layer == 0 ? trace.embedded() : trace.outputs().get(layer - 1);
      NDManager blockScope = trace.scopes().get(layer);
      List<NDArray> keys = dropoutKeys(scope, trace.dropoutKeys(), layer);
      NDArray at = layer == last ? trace.at() : allPositions;
      NDList kept = trace.kept().get(layer);
      if (kept.isEmpty()) {
        NDList again = block(blockScope, layer, x, trace.inputs(), trace.at(), KEEP_ALL, keys);
        kept = new NDList(again.subList(1, again.size()));
      }
      BlockArrays arrays = blocks.get(layer);
      NDArray dinput =
          program
              .run(
                  scope,
                  "block_backward",
                  arrays.weights(),
                  arrays.gradients(),
                  x,
                  kept,
                  dx,
                  trace.inputs().tables(),
                  trace.inputs().blocked(),
                  at,
                  keys.get(0),
                  keys.get(1))
              .singletonOrThrow();
      dx.close();
      dx = dinput;
      blockScope.close();
      listener.finished(arrays.start(), arrays.end());
    }
    program.execute("embed_backward", gradients.get(0), trace.tokens(), dx);
    listener.finished(entries.get(0).offset(), entries.get(0).end());
  }

  /** Brings the arrays that matrix products work on up to date with the weights. */
  private void prepare() {
    if (preparedVersion != parameters.version()) {
      for (BlockArrays block : blocks) {
        program.execute("prepare", block.masters(), block.weights());
      }
      preparedVersion = parameters.version();
    }
  }

  private NDList block(
      NDManager scope,
      int layer,
      NDArray x,
      Rotary.Inputs inputs,
      NDArray at,
      long keep,
      List<NDArray> keys) {
    int tokens = Math.toIntExact(x.getShape().get(0));
    return program.run(
        scope,
        "block",
        blocks.get(layer).weights(),
        x,
        inputs.tables(),
        inputs.blocked(),
        layer == blocks.size() - 1 ? at : allPositions,
        keys.get(0),
        keys.get(1),
        rooms.of(layer, tokens),
        keep);
  }

  /** Keys of the two branches of a block, [B] each, or empty. */
  private List<NDArray> dropoutKeys(NDManager scope, long @Nullable [] rowKeys, int layer) {
    if (rowKeys == null) {
      return List.of(noKeys, noKeys);
    }
    List<NDArray> keys = new ArrayList<>();
    for (int branch = 0; branch < 2; branch++) {
      long[] values = new long[rowKeys.length];
      for (int row = 0; row < values.length; row++) {
        values[row] = CounterRandom.bits(rowKeys[row], Purpose.DROPOUT, layer, branch);
      }
      keys.add(scope.create(values));
    }
    return keys;
  }

  private static NDArray positions(NDManager scope, int[] positions) {
    long[] wide = new long[positions.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = positions[i];
    }
    return scope.create(wide);
  }
}
