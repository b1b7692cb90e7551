package io.github.pumaspark.model.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.TorchProgram;
import io.github.pumaspark.model.network.Parameters;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * AdamW with decoupled weight decay on one contiguous part of the flat parameters; the moments
 * exist only for that part. Decay applies to every parameter, as in PUMA's reference runs.
 *
 * <p>Not thread-safe; must be closed before the network whose parameters it updates.
 */
public final class AdamW implements AutoCloseable {
  private final OptimizerConfig config;
  private final NDManager owner;
  private final TorchProgram program;
  private final int length;
  private final NDArray weights;
  private final NDArray gradient;
  private final NDArray firstMoment;
  private final NDArray secondMoment;
  private final NDArray updates;

  /** An optimizer with zero moments for the elements [start, end) of {@code parameters}. */
  public AdamW(OptimizerConfig config, Parameters parameters, int start, int end) {
    Check.argument(
        0 <= start && start <= end && end <= parameters.table().length(),
        "part must be in [0, %s): [%s, %s)",
        parameters.table().length(),
        start,
        end);
    this.config = config;
    this.length = end - start;
    this.owner = parameters.flatWeights().getManager().newSubManager();
    this.owner.setName("adamw");
    this.program = TorchProgram.load(owner, AdamW.class, "adamw.torchscript", Map.of());
    this.weights = part(parameters.flatWeights(), start);
    this.gradient = part(parameters.flatGradient(), start);
    this.firstMoment = owner.zeros(new Shape(length), DataType.FLOAT32);
    this.secondMoment = owner.zeros(new Shape(length), DataType.FLOAT32);
    this.updates = owner.zeros(new Shape(), DataType.FLOAT32);
  }

  /** Sum of squares of this part's gradient, accumulated in float64. */
  public double gradientSquaredNorm() {
    if (length == 0) {
      return 0;
    }
    try (NDManager scope = owner.newSubManager()) {
      return program.run(scope, "squared_norm", gradient).singletonOrThrow().getDouble();
    }
  }

  /**
   * What gradients are divided by so that the global norm does not exceed {@code clipNorm}; 1 if it
   * does not, or if clipping is off.
   *
   * @param norm global gradient norm over all ranks
   */
  public double clipDivisor(double norm) {
    return config.clipNorm() > 0 ? Math.max(1, (norm + 1e-6) / config.clipNorm()) : 1;
  }

  /** One update of this part; the gradient is overwritten by its scaled self. */
  public void update(double learningRate, double divisor) {
    if (length == 0) {
      return;
    }
    try (NDManager scope = owner.newSubManager()) {
      program.execute(
          "update",
          List.of(weights),
          List.of(gradient),
          List.of(firstMoment),
          List.of(secondMoment),
          List.of(updates),
          scope.create((float) divisor),
          learningRate,
          config.beta1(),
          config.beta2(),
          config.weightDecay(),
          config.epsilon());
    }
  }

  /** Copies the moments of this part out, {@code end - start} values each. */
  public void readMoments(FloatBuffer first, FloatBuffer second) {
    first.put(firstMoment.toFloatArray());
    second.put(secondMoment.toFloatArray());
  }

  /** Sets the moments of this part and the number of updates behind them. */
  public void writeMoments(FloatBuffer first, FloatBuffer second, long updateCount) {
    if (length > 0) {
      firstMoment.set(first);
      secondMoment.set(second);
    }
    updates.set(new float[] {updateCount});
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }

  private NDArray part(NDArray flat, int start) {
    NDArray view = flat.get(start + ":" + (start + length));
    view.attach(owner);
    return view;
  }
}
