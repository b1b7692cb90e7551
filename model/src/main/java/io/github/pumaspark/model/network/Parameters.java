package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.engine.TorchProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Weights and gradients of a network: one flat float32 array each, at a stable address, and the
 * tensors as views of them. Not thread-safe; owned by the {@link Denoiser} that made it.
 */
public final class Parameters {
  private final TorchProgram program;
  private final ParameterTable table;
  private final PtNDArray flatWeights;
  private final PtNDArray flatGradient;
  private final List<NDArray> weights;
  private final List<NDArray> gradients;
  private final FloatBuffer weightBuffer;
  private final FloatBuffer gradientBuffer;
  private final boolean staged;
  private final boolean buffered;
  private long version;

  /**
   * Allocates zero weights and, if {@code trainable}, gradients.
   *
   * @param program the trunk's, for the views
   * @param type of all arrays; the buffers are there for float32 only
   */
  Parameters(
      NDManager owner,
      TorchProgram program,
      ParameterTable table,
      DataType type,
      Staging staging,
      boolean trainable) {
    this.program = program;
    this.table = table;
    this.staged = staging == Staging.STAGED;
    this.buffered = type == DataType.FLOAT32;
    this.flatWeights = (PtNDArray) owner.zeros(new Shape(table.length()), type);
    this.weights = views(owner, flatWeights);
    this.weightBuffer = buffer(flatWeights);
    this.flatGradient = (PtNDArray) owner.zeros(new Shape(trainable ? table.length() : 0), type);
    this.gradients = trainable ? views(owner, flatGradient) : List.of();
    this.gradientBuffer = trainable ? buffer(flatGradient) : FloatBuffer.allocate(0);
  }

  /** Names, shapes and offsets. */
  public ParameterTable table() {
    return table;
  }

  /** The tensors in the order of the table; views of {@link #flatWeights}. */
  List<NDArray> weights() {
    return weights;
  }

  /** The gradients in the order of the table; views of {@link #flatGradient}. */
  List<NDArray> gradients() {
    return gradients;
  }

  /** Changes whenever the weights may have changed. */
  long version() {
    return version;
  }

  /** All weights, [table.length()]; owned by this. */
  public NDArray flatWeights() {
    return flatWeights;
  }

  /** The gradient of all weights, [table.length()]; owned by this. */
  public NDArray flatGradient() {
    return flatGradient;
  }

  /**
   * The gradient in host memory, current as of this call: the tensor's own memory on the CPU, a
   * staging copy for a GPU. What is written to it reaches the tensor by {@link #gradientWritten}.
   */
  public FloatBuffer gradientBuffer() {
    return staged ? pull(flatGradient, gradientBuffer) : gradientBuffer.duplicate();
  }

  /** Makes changes of {@link #gradientBuffer} visible to the tensor. */
  public void gradientWritten() {
    push(gradientBuffer, flatGradient);
  }

  /**
   * The weights in host memory, under the rules of {@link #gradientBuffer}; whatever has changed
   * the weights, in here or in the tensor, must be followed by {@link #weightsWritten}.
   */
  public FloatBuffer weightBuffer() {
    return staged ? pull(flatWeights, weightBuffer) : weightBuffer.duplicate();
  }

  /** Makes changes of {@link #weightBuffer} visible to the tensor and to the network. */
  public void weightsWritten() {
    push(weightBuffer, flatWeights);
    version++;
  }

  /** Sets every gradient to zero in place. */
  public void zeroGradient() {
    program.execute("clear", List.of(flatGradient));
  }

  /**
   * Draws the initial weights as the table says; a pure function of the seed, the tensor's index
   * and the element.
   */
  public void initialize(long seed) {
    FloatBuffer values = weightBuffer();
    for (int tensor = 0; tensor < table.entries().size(); tensor++) {
      ParameterTable.Entry entry = table.entries().get(tensor);
      for (int i = 0; i < entry.elements(); i++) {
        float value =
            switch (entry.initial()) {
              case ZEROS -> 0;
              case ONES -> 1;
              case NORMAL -> (float) (entry.scale() * normal(seed, tensor, i));
              case UNIFORM -> (float) (entry.scale() * (2 * uniform(seed, tensor, i) - 1));
            };
        values.put(entry.offset() + i, value);
      }
    }
    weightsWritten();
  }

  private static double uniform(long seed, int tensor, long draw) {
    return CounterRandom.uniform(seed, Purpose.INITIAL_WEIGHTS, tensor, draw);
  }

  /** Standard normal by Box and Muller's transform. */
  private static double normal(long seed, int tensor, long element) {
    double radius = 1 - uniform(seed, tensor, 2 * element);
    double angle = uniform(seed, tensor, 2 * element + 1);
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
  }

  private List<NDArray> views(NDManager owner, NDArray flat) {
    List<NDArray> views = new ArrayList<>();
    for (ParameterTable.Entry entry : table.entries()) {
      long[] extents = entry.shape().stream().mapToLong(Long::longValue).toArray();
      views.add(
          program
              .run(owner, "view_of", flat, (long) entry.offset(), (long) entry.elements(), extents)
              .singletonOrThrow());
    }
    return List.copyOf(views);
  }

  private FloatBuffer buffer(PtNDArray array) {
    if (!buffered) {
      return FloatBuffer.allocate(0);
    }
    ByteBuffer bytes =
        staged
            ? ByteBuffer.allocateDirect(Math.multiplyExact(table.length(), Float.BYTES))
            : array.toByteBuffer(true);
    return bytes.order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private static FloatBuffer pull(PtNDArray from, FloatBuffer to) {
    to.duplicate().put(from.toByteBuffer(false).order(ByteOrder.nativeOrder()).asFloatBuffer());
    return to.duplicate();
  }

  private void push(FloatBuffer from, PtNDArray to) {
    if (staged) {
      try (NDManager scope = to.getManager().newSubManager()) {
        // NDArray.set would give the tensor other memory, which its views do not see.
        program.execute("assign", to, scope.create(from.duplicate(), to.getShape()));
      }
    }
  }
}
