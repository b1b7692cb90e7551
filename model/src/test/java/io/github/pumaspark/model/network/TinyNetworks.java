package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.Precision;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Networks of a few hundred weights, none of them zero, and passes through them. */
final class TinyNetworks {
  static final int VOCAB = 7;
  static final int MASK = 5;

  /** So small that attention takes one row at a time and the head a few positions. */
  static final ChunkLimits ONE_BY_ONE = new ChunkLimits(1, 2 * VOCAB * 8, VOCAB, 2 * 8);

  private TinyNetworks() {}

  /** Every combination of profile, tied head, causal mask and number of key and value heads. */
  static List<NetworkConfig> allOptions() {
    List<NetworkConfig> all = new ArrayList<>();
    for (NetworkProfile profile : NetworkProfile.values()) {
      for (boolean tied : new boolean[] {false, true}) {
        for (boolean causal : new boolean[] {false, true}) {
          for (int keyValueHeads : new int[] {4, 2, 1}) {
            all.add(config(keyValueHeads, tied, causal, 0, profile));
          }
        }
      }
    }
    return all;
  }

  static NetworkConfig config(
      int keyValueHeads, boolean tied, boolean causal, double dropout, NetworkProfile profile) {
    return new NetworkConfig(
        0, 0, 16, 2, 4, keyValueHeads, 12, 100, 1e-6, tied, causal, dropout, 0.2, profile);
  }

  static NetworkConfig withDropout(NetworkConfig config, double dropout) {
    return new NetworkConfig(
        config.vocabSize(),
        config.maxPositions(),
        config.width(),
        config.layers(),
        config.heads(),
        config.keyValueHeads(),
        config.feedForwardWidth(),
        config.ropeBase(),
        config.normEpsilon(),
        config.tiedHead(),
        config.causal(),
        dropout,
        config.initStd(),
        config.profile());
  }

  /** A network with random weights: about 1 in norms, large enough elsewhere to matter. */
  static Denoiser network(
      NetworkConfig config,
      int length,
      NumberTypes types,
      ActivationCheckpointing checkpointing,
      ChunkLimits limits) {
    Denoiser network =
        new Denoiser(
            config,
            VOCAB,
            MASK,
            length,
            new ComputeSettings(ComputeDevice.cpu(), Precision.FP32, checkpointing),
            types,
            limits,
            true,
            null);
    fill(network, 9);
    return network;
  }

  static Denoiser network(NetworkConfig config, int length, NumberTypes types) {
    return network(config, length, types, ActivationCheckpointing.NONE, ChunkLimits.STANDARD);
  }

  /** Random weights that are float32 numbers, whatever the network computes in. */
  static void fill(Denoiser network, long seed) {
    Random random = new Random(seed);
    ParameterTable table = network.parameters().table();
    double[] values = new double[table.length()];
    for (ParameterTable.Entry entry : table.entries()) {
      boolean isNorm = entry.initial() == ParameterTable.Initial.ONES;
      for (int i = entry.offset(); i < entry.end(); i++) {
        values[i] =
            (float) (isNorm ? 1 + 0.2 * random.nextGaussian() : 0.4 * random.nextGaussian());
      }
    }
    setWeights(network, values);
  }

  static void setWeights(Denoiser network, double[] values) {
    NDArray weights = network.parameters().flatWeights();
    ByteBuffer memory = ((PtNDArray) weights).toByteBuffer(true).order(ByteOrder.nativeOrder());
    for (double value : values) {
      if (weights.getDataType() == DataType.FLOAT64) {
        memory.putDouble(value);
      } else {
        memory.putFloat((float) value);
      }
    }
    network.parameters().weightsWritten();
  }

  static double[] weights(Denoiser network) {
    return doubles(network.parameters().flatWeights());
  }

  static double[] gradient(Denoiser network) {
    return doubles(network.parameters().flatGradient());
  }

  /** The gradient of one pass alone. */
  static double[] gradient(Denoiser network, Pass pass) {
    network.parameters().zeroGradient();
    network.forwardBackward(pass, GradientListener.none());
    return gradient(network);
  }

  static PlainDenoiser plain(NetworkConfig config, int length, Denoiser network) {
    return new PlainDenoiser(
        config, VOCAB, MASK, length, network.parameters().table(), weights(network));
  }

  /** Euclidean distance over the norm of what is expected. */
  static double relativeDistance(double[] found, double[] expected) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (found[i] - expected[i]) * (found[i] - expected[i]);
      norm += expected[i] * expected[i];
    }
    return Math.sqrt(difference / norm);
  }

  private static double[] doubles(NDArray array) {
    if (array.getDataType() == DataType.FLOAT64) {
      return array.toDoubleArray();
    }
    float[] narrow = array.toFloatArray();
    double[] wide = new double[narrow.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = narrow[i];
    }
    return wide;
  }
}
