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

  /** Writes weights, all of the flat buffer, into the directory of a checkpoint to be. */
  public static CheckpointFile write(
      Path directory, Configuration configuration, ParameterTable table, FloatBuffer weights)
      throws IOException {
    String sha256 =
        layout(table)
            .write(
                new Path(directory, CheckpointFile.MODEL),
                configuration,
                Map.of(),
                Map.of("", weights));
    return new CheckpointFile(CheckpointFile.MODEL, sha256);
  }

  /**
   * Replaces the weights of a network by those of a checkpoint, which are verified.
   *
   * @throws ConfigException if the checkpoint's tensors are not those of the network
   * @throws CorruptCheckpointException if the file is missing or damaged
   */
  public static void read(Checkpoint checkpoint, Parameters parameters) throws IOException {
    read(WeightChoice.RAW.filesOf(checkpoint), parameters);
  }

  private static void read(WeightFiles files, Parameters parameters) throws IOException {
    files.read(layout(parameters.table()), parameters.weightBuffer());
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
    WeightFiles files = weights.filesOf(checkpoint);
    ComputeDevice device = TorchThread.device(choice, gpuAddresses, allowCpuFallback);
    Denoiser denoiser =
        Denoiser.forInference(
            network,
            vocabSize,
            maskTokenId,
            checkpoint.state().dataset().sequenceLength(),
            new ComputeSettings(device, Precision.FP32, ActivationCheckpointing.NONE));
    try {
      read(files, denoiser.parameters());
      return denoiser;
    } catch (IOException | RuntimeException e) {
      denoiser.close();
      throw e;
    }
  }
}
