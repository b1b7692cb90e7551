package io.github.pumaspark.model.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import io.github.pumaspark.data.lang.ConfigException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of libtorch that belong to the calling thread or to the rank that runs on it. */
public final class TorchThread {
  private static final Logger LOG = LoggerFactory.getLogger(TorchThread.class);

  private TorchThread() {}

  /**
   * Prepares the calling thread: number of threads for one operation, and no graph optimiser, which
   * would change the types of a second backward pass. Call it before the first operation of the
   * thread.
   */
  public static void prepare(int threads) {
    Engine.getEngine("PyTorch");
    JniUtils.setNumThreads(threads);
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(false);
  }

  /** Version of the libtorch in use. */
  public static String version() {
    return Engine.getEngine("PyTorch").getVersion();
  }

  /**
   * The device of a rank.
   *
   * @param gpuAddresses addresses that Spark gave to the task; empty if none
   * @param allowCpuFallback whether a rank that was given a GPU, or told to use one, may compute on
   *     the CPU when libtorch sees no GPU
   * @throws ConfigException if a GPU is wanted, not there, and no fallback is allowed
   */
  public static ComputeDevice device(
      DeviceChoice choice, List<String> gpuAddresses, boolean allowCpuFallback) {
    if (!isGpuWanted(choice, gpuAddresses)) {
      return ComputeDevice.cpu();
    }
    int address = address(gpuAddresses);
    int visible = Engine.getEngine("PyTorch").getGpuCount();
    if (address < visible) {
      return new ComputeDevice(Device.gpu(address));
    }
    if (allowCpuFallback) {
      LOG.warn("GPU {} is wanted, libtorch sees {} GPUs: computing on the CPU", address, visible);
      return ComputeDevice.cpu();
    }
    throw new ConfigException(
        "Cannot use GPU "
            + address
            + ": libtorch sees "
            + visible
            + " GPUs. Install a CUDA libtorch (PYTORCH_LIBRARY_PATH), or set"
            + " cluster.allow-cpu-fallback = true, or cluster.device = cpu.");
  }

  /** Whether {@link #device} is a GPU, given that it does not fail. */
  public static boolean isOnGpu(DeviceChoice choice, List<String> gpuAddresses) {
    return isGpuWanted(choice, gpuAddresses)
        && address(gpuAddresses) < Engine.getEngine("PyTorch").getGpuCount();
  }

  private static boolean isGpuWanted(DeviceChoice choice, List<String> gpuAddresses) {
    return choice == DeviceChoice.CUDA || (choice == DeviceChoice.AUTO && !gpuAddresses.isEmpty());
  }

  private static int address(List<String> gpuAddresses) {
    if (gpuAddresses.isEmpty()) {
      return 0;
    }
    String text = gpuAddresses.get(0);
    if (!text.matches("[0-9]{1,9}")) {
      throw new ConfigException(
          "Invalid GPU address: '" + text + "' (the discovery script must print indices)");
    }
    return Integer.parseInt(text);
  }
}
