package io.github.pumaspark.model.engine;

import ai.djl.Device;

/** The device that a rank computes on, for packages that must not know of the engine. */
public record ComputeDevice(Device device) {
  /** The CPU. */
  public static ComputeDevice cpu() {
    return new ComputeDevice(Device.cpu());
  }

  /** Whether tensors lie in memory that the host cannot read. */
  public boolean isGpu() {
    return device.isGpu();
  }
}
