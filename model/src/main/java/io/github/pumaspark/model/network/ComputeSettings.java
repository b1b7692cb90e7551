package io.github.pumaspark.model.network;

import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.Precision;

/**
 * Where and how a network computes.
 *
 * @param activationCheckpointing of training passes
 */
public record ComputeSettings(
    ComputeDevice device, Precision precision, ActivationCheckpointing activationCheckpointing) {
  /** The CPU, float32, everything kept. */
  public static ComputeSettings cpu() {
    return new ComputeSettings(ComputeDevice.cpu(), Precision.FP32, ActivationCheckpointing.NONE);
  }
}
