package io.github.pumaspark.jobs.spark;

import java.io.Serializable;
import java.util.List;

/** What one rank does; shipped to executors, so it holds small serializable values only. */
@FunctionalInterface
public interface RankFunction extends Serializable {
  /**
   * Runs in a task of its own.
   *
   * @param rank in [0, worldSize)
   * @param gpuAddresses GPUs that Spark gave to this task; empty without GPU scheduling
   * @return the rank's result, a few megabytes at most
   * @throws Exception fails this rank, and with it the job
   */
  byte[] run(int rank, int worldSize, List<String> gpuAddresses) throws Exception;
}
