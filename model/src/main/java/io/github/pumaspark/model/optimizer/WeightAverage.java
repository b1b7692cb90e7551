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
 * Exponential moving average of one contiguous part of the weights, updated after each update of
 * the optimizer; it exists only for that part, as the moments do.
 *
 * <p>Update n, counted from 1, keeps {@code min(decay, (1 + n) / (10 + n))} of the average. The
 * average starts as a copy of the weights, not at zero, so it needs no correction; the small decay
 * of the first updates is what makes it forget the initial weights (2/11 of them are left after one
 * update, 1/22 after two).
 *
 * <p>With a decay of 0 it is off: it holds no memory and updates do nothing. Not thread-safe; must
 * be closed before the network whose weights it follows.
 */
public final class WeightAverage implements AutoCloseable {
  private final double decay;
  private final NDManager owner;
  private final TorchProgram program;
  private final NDArray weights;
  private final NDArray average;

  /**
   * An average of the elements [start, end) of {@code parameters}, zero until {@link #restart} or
   * {@link #write}.
   *
   * @param decay in [0, 1); 0 = off
   */
  public WeightAverage(double decay, Parameters parameters, int start, int end) {
    Check.argument(
        0 <= start && start <= end && end <= parameters.table().length(),
        "part must be in [0, %s): [%s, %s)",
        parameters.table().length(),
        start,
        end);
    this.decay = decay;
    this.owner = parameters.flatWeights().getManager().newSubManager();
    this.owner.setName("average");
    this.program = TorchProgram.load(owner, WeightAverage.class, "average.torchscript", Map.of());
    this.weights = parameters.flatWeights().get(start + ":" + end);
    this.weights.attach(owner);
    this.average = owner.zeros(new Shape(decay > 0 ? end - start : 0), DataType.FLOAT32);
  }

  /** Whether there is an average. */
  public boolean isOn() {
    return decay > 0;
  }

  /** Makes the average a copy of the weights as they are now. */
  public void restart() {
    if (!isEmpty()) {
      program.execute("copy", List.of(average), List.of(weights));
    }
  }

  /**
   * Follows an update of the weights.
   *
   * @param updateCount updates of the weights so far, this one included
   */
  public void update(long updateCount) {
    if (!isEmpty()) {
      double kept = Math.min(decay, (1.0 + updateCount) / (10.0 + updateCount));
      program.execute("update", List.of(average), List.of(weights), 1 - kept);
    }
  }

  /** Copies the average of this part out, {@code end - start} values; only if it is on. */
  public void read(FloatBuffer target) {
    target.put(average.toFloatArray());
  }

  /** Sets the average of this part. */
  public void write(FloatBuffer source) {
    if (!isEmpty()) {
      average.set(source);
    }
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }

  private boolean isEmpty() {
    return average.size() == 0;
  }
}
