package io.github.pumaspark.jobs.spark;

/**
 * One executor process, which runs one rank at a time.
 *
 * @param id Spark's name for it
 * @param host Spark's name for its machine
 */
public record ExecutorSlot(String id, String host) {
  /** As Spark writes a task's preference for this very process. */
  String location() {
    return "executor_" + host + "_" + id;
  }
}
