package io.github.pumaspark.model.engine;

/** Where a rank may compute; keys are the names in lower case. */
public enum DeviceChoice {
  /** A GPU if the task was given one, else the CPU. */
  AUTO,
  CPU,
  CUDA
}
