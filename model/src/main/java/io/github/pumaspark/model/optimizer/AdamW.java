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
 * AdamW with decoupled weight decay on some segments of the flat parameters; the moments exist only
 * for them. Decay applies to every parameter, as in PUMA's reference runs.
 *
 * <p>Must be closed before the network whose parameters it updates.
 */
public final class AdamW implements Optimizer, AutoCloseable {
  private final OptimizerConfig config;
  private final NDManager owner;
  private final TorchProgram program;
  private final FlatSegments segments;
  private final List<NDArray> weights;
  private final List<NDArray> gradients;
  private final NDArray firstMoment;
  private final NDArray secondMoment;
  private final List<NDArray> firstMoments;
  private final List<NDArray> secondMoments;
  private long updates;
  private double learningRate;
  private double divisor = 1;

  /** An optimizer with zero moments for segments of {@code parameters}. */
  public AdamW(OptimizerConfig config, Parameters parameters, List<Segment> segments) {
    this.config = config;
    this.segments = FlatSegments.of(segments, parameters.table().length());
    this.owner = parameters.flatWeights().getManager().newSubManager();
    this.owner.setName("adamw");
    this.program = TorchProgram.load(owner, AdamW.class, "adamw.torchscript", Map.of());
    this.weights = this.segments.in(parameters.flatWeights(), owner);
    this.gradients = this.segments.in(parameters.flatGradient(), owner);
    this.firstMoment = this.segments.zeros(owner);
    this.secondMoment = this.segments.zeros(owner);
    this.firstMoments = this.segments.inConcatenation(firstMoment, owner);
    this.secondMoments = this.segments.inConcatenation(secondMoment, owner);
  }

  /** What it updates, in the order of the numbers. */
  public List<Segment> segments() {
    return segments.segments();
  }

  /** Updates so far. */
  public long updates() {
    return updates;
  }

  /** Bytes that the moments take. */
  public long momentBytes() {
    return Float.BYTES * (firstMoment.size() + secondMoment.size());
  }

  @Override
  public double gradientSquaredNorm(int segment) {
    if (segments.isEmpty(segment)) {
      return 0;
    }
    try (NDManager scope = owner.newSubManager()) {
      return program
          .run(scope, "squared_norm", gradients.get(segment))
          .singletonOrThrow()
          .getDouble();
    }
  }

  /** Gradients will be divided so that the global norm does not exceed {@code clipNorm}. */
  @Override
  public void begin(double learningRate, double gradientNorm) {
    this.updates++;
    this.learningRate = learningRate;
    this.divisor =
        config.clipNorm() > 0 ? Math.max(1, (gradientNorm + 1e-6) / config.clipNorm()) : 1;
  }

  /** As declared; the gradient is overwritten by its divided self. */
  @Override
  public void update(int segment) {
    if (!segments.isEmpty(segment)) {
      program.execute(
          "update",
          List.of(weights.get(segment)),
          List.of(gradients.get(segment)),
          List.of(firstMoments.get(segment)),
          List.of(secondMoments.get(segment)),
          (double) updates,
          divisor,
          learningRate,
          config.beta1(),
          config.beta2(),
          config.weightDecay(),
          config.epsilon());
    }
  }

  /**
   * Copies the moments out, those of all segments in their order; on any thread, while no update
   * runs.
   */
  public void readMoments(FloatBuffer first, FloatBuffer second) {
    FlatSegments.read(firstMoment, first);
    FlatSegments.read(secondMoment, second);
  }

  /** Sets the moments, in the order of {@link #readMoments}, and the number of updates so far. */
  public void writeMoments(FloatBuffer first, FloatBuffer second, long updateCount) {
    if (segments.size() > 0) {
      try (NDManager scope = owner.newSubManager()) {
        // NDArray.set would give the array other memory, which the views do not see.
        program.execute("copy", List.of(firstMoment), scope.create(first, firstMoment.getShape()));
        program.execute(
            "copy", List.of(secondMoment), scope.create(second, secondMoment.getShape()));
      }
    }
    updates = updateCount;
  }

  @Override
  public void close() {
    program.close();
    owner.close();
  }
}
