package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
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
  private final FloatBuffer weightBuffer;
  private final FloatBuffer gradientBuffer;
  private final boolean staged;

  /**
   * Allocates zero weights and, if {@code trainable}, gradients.
   *
   * @param program the denoiser's, for the views
   */
  Parameters(NDManager owner, TorchProgram program, ParameterTable table, boolean trainable) {
    this.program = program;
    this.table = table;
    Shape shape = new Shape(table.length());
    this.flatWeights = (PtNDArray) owner.zeros(shape, DataType.FLOAT32);
    this.staged = owner.getDevice().isGpu();
    List<NDArray> views = new ArrayList<>();
    for (ParameterTable.Entry entry : table.entries()) {
      long[] extents = entry.shape().stream().mapToLong(Long::longValue).toArray();
      NDArray view =
          program
              .run(
                  owner,
                  "view_of",
                  flatWeights,
                  (long) entry.offset(),
                  (long) entry.elements(),
                  extents)
              .singletonOrThrow();
      views.add(view);
    }
    this.weights = List.copyOf(views);
    this.weightBuffer = buffer(flatWeights);
    if (trainable) {
      this.flatGradient = (PtNDArray) owner.zeros(shape, DataType.FLOAT32);
      adoptGradient(owner);
      this.gradientBuffer = buffer(flatGradient);
    } else {
      this.flatGradient = (PtNDArray) owner.zeros(new Shape(0), DataType.FLOAT32);
      this.gradientBuffer = FloatBuffer.allocate(0);
    }
  }

  /** Names, shapes and offsets. */
  public ParameterTable table() {
    return table;
  }

  /** The tensors in the order of the table; views of {@link #flatWeights}. */
  List<NDArray> weights() {
    return weights;
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

  /** The weights in host memory, under the rules of {@link #gradientBuffer}. */
  public FloatBuffer weightBuffer() {
    return staged ? pull(flatWeights, weightBuffer) : weightBuffer.duplicate();
  }

  /** Makes changes of {@link #weightBuffer} visible to the tensor. */
  public void weightsWritten() {
    push(weightBuffer, flatWeights);
  }

  /** Sets every gradient to zero in place. */
  public void zeroGradient() {
    program.execute("clear", List.of(flatGradient));
  }

  /**
   * Draws the initial weights: normal with a standard deviation, ones for norms, zeros for biases;
   * a pure function of the seed, the tensor's index and the element.
   */
  public void initialize(long seed, double std) {
    FloatBuffer values = weightBuffer();
    for (int tensor = 0; tensor < table.entries().size(); tensor++) {
      ParameterTable.Entry entry = table.entries().get(tensor);
      for (int i = 0; i < entry.elements(); i++) {
        float value =
            switch (entry.initial()) {
              case ZEROS -> 0;
              case ONES -> 1;
              case NORMAL -> (float) (std * normal(seed, tensor, i));
            };
        values.put(entry.offset() + i, value);
      }
    }
    weightsWritten();
  }

  /** Standard normal by Box and Muller's transform. */
  private static double normal(long seed, int tensor, long element) {
    double radius = 1 - CounterRandom.uniform(seed, Purpose.INITIAL_WEIGHTS, tensor, 2 * element);
    double angle = CounterRandom.uniform(seed, Purpose.INITIAL_WEIGHTS, tensor, 2 * element + 1);
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
  }

  /*
   * The gradient of a concatenation is cut into views of the incoming gradient, and a leaf without a
   * gradient takes what arrives first as it is. One backward pass of zeros through the concatenation of all
   * weights therefore turns the flat array into the gradients of the tensors; later passes add in place.
   */
  private void adoptGradient(NDManager owner) {
    JniUtils.setGradMode(true);
    try (NDManager scope = owner.newSubManager()) {
      List<NDArray> gaps = new ArrayList<>();
      for (int i = 0; i < weights.size(); i++) {
        ParameterTable.Entry entry = table.entries().get(i);
        int next = i + 1 < weights.size() ? table.entries().get(i + 1).offset() : table.length();
        gaps.add(scope.zeros(new Shape(next - entry.end())));
        weights.get(i).setRequiresGradient(true);
      }
      NDList joined = program.differentiate(scope, "joined", weights, gaps);
      JniUtils.backward((PtNDArray) joined.singletonOrThrow(), flatGradient, false, false);
    } finally {
      JniUtils.setGradMode(false);
    }
  }

  private FloatBuffer buffer(PtNDArray array) {
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
      to.set(from.duplicate());
    }
  }
}
