package io.github.pumaspark.model.network;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.Precision;

/**
 * Where and how a network computes.
 *
 * @param activationCheckpointing of training passes
 * @param staging of the flat weights and gradient; on a GPU never {@link Staging#DIRECT}
 */
public record ComputeSettings(
    ComputeDevice device,
    Precision precision,
    ActivationCheckpointing activationCheckpointing,
    Staging staging) {
  public ComputeSettings {
    Check.argument(
        staging != Staging.DIRECT || !device.device().isGpu(),
        "staging on a GPU must not be direct: %s",
        staging);
  }

  /** Staged where it must be: on a GPU. */
  public ComputeSettings(
      ComputeDevice device, Precision precision, ActivationCheckpointing activationCheckpointing) {
    this(
        device,
        precision,
        activationCheckpointing,
        device.device().isGpu() ? Staging.STAGED : Staging.DIRECT);
  }

  /** The CPU, float32, everything kept. */
  public static ComputeSettings cpu() {
    return new ComputeSettings(ComputeDevice.cpu(), Precision.FP32, ActivationCheckpointing.NONE);
  }
}
