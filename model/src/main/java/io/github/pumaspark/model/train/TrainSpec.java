package io.github.pumaspark.model.train;

import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.io.Serializable;
import java.util.List;

/**
 * All that a rank must know of its run; travels from the driver to the ranks.
 *
 * @param dataset directory of the training dataset
 * @param checkpoints directory of the run's checkpoints
 * @param resumeFrom directory of the checkpoint to go on from; empty = from initial weights
 * @param threads CPU threads of the rank's tensor library
 * @param allowCpuFallback whether a rank without a GPU may use the CPU though a GPU was asked for
 * @param generation number of this attempt at the run, larger than that of any earlier one
 * @param skipSteps steps whose update is left out, whatever their loss, by ascending step
 */
public record TrainSpec(
    NetworkConfig network,
    MaskingConfig masking,
    OptimizerConfig optimizer,
    TrainConfig train,
    GuardConfig guard,
    CollectiveConfig collective,
    String dataset,
    String checkpoints,
    String resumeFrom,
    int threads,
    DeviceChoice device,
    boolean allowCpuFallback,
    int generation,
    List<Long> skipSteps)
    implements Serializable {
  public TrainSpec {
    skipSteps = List.copyOf(skipSteps);
  }

  /** The same run in another attempt. */
  public TrainSpec attempt(int generation, String resumeFrom, List<Long> skipSteps) {
    return new TrainSpec(
        network,
        masking,
        optimizer,
        train,
        guard,
        collective,
        dataset,
        checkpoints,
        resumeFrom,
        threads,
        device,
        allowCpuFallback,
        generation,
        skipSteps);
  }
}
