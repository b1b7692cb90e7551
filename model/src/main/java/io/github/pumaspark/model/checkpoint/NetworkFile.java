package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** The weights of a checkpoint as a file, and as a network to predict with. */
public final class NetworkFile {
  private NetworkFile() {}

  /** The tensors of a network in its flat buffers, by the names they have in files. */
  public static FlatTensors layout(ParameterTable table) {
    return new FlatTensors(
        table.entries().stream()
            .map(entry -> new FlatTensors.Slice(entry.name(), entry.shape(), entry.offset()))
            .toList());
  }

  /** Writes the weights into a checkpoint's directory. */
  public static CheckpointFile write(
      Path directory, Configuration configuration, Parameters parameters) throws IOException {
    String sha256 =
        layout(parameters.table())
            .write(
                new Path(directory, CheckpointFile.MODEL),
                configuration,
                Map.of(),
                Map.of("", parameters.weightBuffer()));
    return new CheckpointFile(CheckpointFile.MODEL, sha256);
  }

  /**
   * Replaces the weights of a network by those of a checkpoint.
   *
   * @throws ConfigException if the checkpoint's tensors are not those of the network
   * @throws CorruptCheckpointException if the file is missing or damaged
   */
  public static void read(Checkpoint checkpoint, Parameters parameters) throws IOException {
    read(checkpoint, CheckpointFile.MODEL, parameters);
  }

  private static void read(Checkpoint checkpoint, String file, Parameters parameters)
      throws IOException {
    FloatBuffer weights = parameters.weightBuffer();
    layout(parameters.table())
        .read(checkpoint.file(file), checkpoint.configuration(), Map.of("", weights));
    parameters.weightsWritten();
  }

  /**
   * The network of a checkpoint, for the calling thread, which is prepared for it; the caller
   * closes it.
   *
   * @param weights which of its weights
   * @param network sizes, from the checkpoint's configuration
   * @param vocabSize rows of its embedding (V)
   * @param gpuAddresses GPUs that the task was given; empty if none
   * @throws ConfigException as {@link #read}
   */
  public static Predictor open(
      Checkpoint checkpoint,
      WeightChoice weights,
      NetworkConfig network,
      int vocabSize,
      int maskTokenId,
      int threads,
      DeviceChoice choice,
      List<String> gpuAddresses,
      boolean allowCpuFallback)
      throws IOException {
    TorchThread.prepare(threads);
    String file = weights.fileOf(checkpoint);
    ComputeDevice device = TorchThread.device(choice, gpuAddresses, allowCpuFallback);
    Denoiser denoiser =
        Denoiser.forInference(
            network,
            vocabSize,
            maskTokenId,
            checkpoint.state().dataset().sequenceLength(),
            new ComputeSettings(device, Precision.FP32, ActivationCheckpointing.NONE));
    try {
      read(checkpoint, file, denoiser.parameters());
      return denoiser;
    } catch (IOException | RuntimeException e) {
      denoiser.close();
      throw e;
    }
  }
}
