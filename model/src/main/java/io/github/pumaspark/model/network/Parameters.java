package io.github.pumaspark.model.network;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.HostMemory;
import io.github.pumaspark.model.engine.HostTensor;
import io.github.pumaspark.model.engine.TorchProgram;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Weights and gradients: one flat float32 array each, at a stable address, and the tensors as views
 * of them.
 *
 * <p>The host has a buffer of each. On the CPU it is the tensor's own memory, if {@link Staging}
 * does not say otherwise; else it is a copy, and the methods that are named after a direction move
 * a range of elements between buffer and tensor (in the first case they do nothing). Not
 * thread-safe.
 */
public final class Parameters implements AutoCloseable {
  private final NDManager owner;
  private final TorchProgram program;
  private final ParameterTable table;
  private final Staging staging;
  private final NDArray flatWeights;
  private final NDArray flatGradient;
  private final List<NDArray> weights;
  private final List<NDArray> gradients;
  private final FloatBuffer weightBuffer;
  private final FloatBuffer gradientBuffer;
  private final NDArray hostWeights;
  private final NDArray hostGradient;
  private long version;

  /**
   * Allocates zero weights and, if {@code trainable}, gradients.
   *
   * @param owner of all native memory; closed with this
   * @param type of all arrays; the buffers are there for float32 only
   * @param memory of the buffers, weights first; null = the tensor library's own
   */
  Parameters(
      NDManager owner,
      ParameterTable table,
      DataType type,
      Staging staging,
      boolean trainable,
      @Nullable HostMemory memory) {
    this.owner = owner;
    this.owner.setName("parameters");
    this.program = TorchProgram.load(owner, Parameters.class, "parameters.torchscript", Map.of());
    this.table = table;
    this.staging = staging;
    int trainableLength = trainable ? table.length() : 0;
    if (type == DataType.FLOAT32) {
      HostMemory where = memory == null ? this::libraryMemory : memory;
      this.weightBuffer = where.allocate(table.length());
      this.gradientBuffer = where.allocate(trainableLength);
      this.hostWeights = HostTensor.over(owner, weightBuffer);
      this.hostGradient = HostTensor.over(owner, gradientBuffer);
    } else {
      this.weightBuffer = FloatBuffer.allocate(0);
      this.gradientBuffer = FloatBuffer.allocate(0);
      this.hostWeights = owner.zeros(new Shape(table.length()), type);
      this.hostGradient = owner.zeros(new Shape(trainableLength), type);
    }
    this.flatWeights = isStaged() ? owner.zeros(hostWeights.getShape(), type) : hostWeights;
    this.flatGradient = isStaged() ? owner.zeros(hostGradient.getShape(), type) : hostGradient;
    this.weights = views(flatWeights);
    this.gradients = trainable ? views(flatGradient) : List.of();
  }

  /**
   * Zero weights and gradients of any table, outside of a network; the caller closes them.
   *
   * @param memory of the buffers; weights are allocated first
   */
  public static Parameters of(
      ParameterTable table, ComputeDevice device, Staging staging, HostMemory memory) {
    return new Parameters(
        NDManager.newBaseManager(device.device(), "PyTorch"),
        table,
        DataType.FLOAT32,
        staging,
        true,
        memory);
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
   * The host's buffer of the gradient, the very object that was allocated, as it is: it follows the
   * tensor by {@link #gradientToHost}. For absolute indices only.
   */
  public FloatBuffer hostGradient() {
    return gradientBuffer;
  }

  /** The host's buffer of the weights, under the rules of {@link #hostGradient}. */
  public FloatBuffer hostWeights() {
    return weightBuffer;
  }

  /**
   * Brings elements [start, end) of the gradient to the host, rounded if {@link Staging} says so.
   */
  public void gradientToHost(int start, int end) {
    if (isStaged() && start < end) {
      String method = staging == Staging.STAGED_BF16 ? "assign_rounded" : "assign";
      program.execute(method, List.of(hostGradient), flatGradient, (long) start, (long) end);
    }
  }

  /** Brings elements [start, end) of the gradient from the host to the tensor. */
  public void gradientFromHost(int start, int end) {
    copy(hostGradient, flatGradient, start, end);
  }

  /** Brings elements [start, end) of the weights to the host. */
  public void weightsToHost(int start, int end) {
    copy(flatWeights, hostWeights, start, end);
  }

  /** Brings elements [start, end) of the weights from the host; the network then uses them. */
  public void weightsFromHost(int start, int end) {
    copy(hostWeights, flatWeights, start, end);
    weightsChanged();
  }

  /** To be called after the tensor of the weights was written to. */
  public void weightsChanged() {
    version++;
  }

  /** The whole gradient on the host, current as of this call and not rounded. */
  public FloatBuffer gradientBuffer() {
    copy(flatGradient, hostGradient, 0, Math.toIntExact(flatGradient.size()));
    return gradientBuffer.duplicate();
  }

  /**
   * All weights on the host, current as of this call; whatever changes them must be followed by
   * {@link #weightsWritten}.
   */
  public FloatBuffer weightBuffer() {
    weightsToHost(0, table.length());
    return weightBuffer.duplicate();
  }

  /** Makes changes of {@link #weightBuffer} visible to the tensor and to the network. */
  public void weightsWritten() {
    weightsFromHost(0, table.length());
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

  @Override
  public void close() {
    program.close();
    owner.close();
  }

  private boolean isStaged() {
    return staging != Staging.DIRECT;
  }

  private void copy(NDArray from, NDArray to, int start, int end) {
    if (isStaged() && start < end) {
      program.execute("assign", List.of(to), from, (long) start, (long) end);
    }
  }

  private List<NDArray> views(NDArray flat) {
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

  private FloatBuffer libraryMemory(int length) {
    PtNDArray array = (PtNDArray) owner.zeros(new Shape(length), DataType.FLOAT32, Device.cpu());
    return array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }
}
