package io.github.pumaspark.model.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.TorchProgram;
import io.github.pumaspark.model.network.Parameters;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;

/**
 * Exponential moving average of some segments of the weights, updated after each update of the
 * optimizer; it exists only for them, as the moments do.
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
  private final FlatSegments segments;
  private final List<NDArray> weights;
  private final NDArray average;
  private final List<NDArray> averages;

  /**
   * An average of segments of {@code parameters}, zero until {@link #restart} or {@link #write}.
   *
   * @param decay in [0, 1); 0 = off
   */
  public WeightAverage(double decay, Parameters parameters, List<Segment> segments) {
    this.decay = decay;
    this.segments = FlatSegments.of(decay > 0 ? segments : List.of(), parameters.table().length());
    this.owner = parameters.flatWeights().getManager().newSubManager();
    this.owner.setName("average");
    this.program = TorchProgram.load(owner, WeightAverage.class, "average.torchscript", Map.of());
    this.weights = this.segments.in(parameters.flatWeights(), owner);
    this.average = this.segments.zeros(owner);
    this.averages = this.segments.inConcatenation(average, owner);
  }

  /** Whether there is an average. */
  public boolean isOn() {
    return decay > 0;
  }

  /** Makes the average a copy of the weights as they are now. */
  public void restart() {
    for (int segment = 0; segment < segments.count(); segment++) {
      program.execute("copy", List.of(averages.get(segment)), List.of(weights.get(segment)));
    }
  }

  /**
   * Follows an update of the weights of a segment; nothing happens if it is off.
   *
   * @param updateCount updates of the weights so far, this one included
   */
  public void update(int segment, long updateCount) {
    if (isOn() && !segments.isEmpty(segment)) {
      double kept = Math.min(decay, (1.0 + updateCount) / (10.0 + updateCount));
      program.execute(
          "update", List.of(averages.get(segment)), List.of(weights.get(segment)), 1 - kept);
    }
  }

  /**
   * Copies the average out, that of all segments in their order; on any thread, while no update
   * runs. Nothing if it is off.
   */
  public void read(FloatBuffer target) {
    FlatSegments.read(average, target);
  }

  /** Sets the average, in the order of {@link #read}. */
  public void write(FloatBuffer source) {
    if (segments.size() > 0) {
      try (NDManager scope = owner.newSubManager()) {
        program.execute(
            "copy", List.of(average), List.of(scope.create(source, average.getShape())));
      }
    }
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }
}
