package io.github.pumaspark.jobs.spark;

import io.github.pumaspark.jobs.config.ClusterConfig;
import org.apache.spark.SparkConf;

/** What Spark's defaults get wrong for jobs of barrier stages; never overrides a user's setting. */
final class BarrierDefaults {
  /**
   * Buffers of exchanges and snapshots are memory outside the heap, which Java would limit to the
   * heap's size. What there is room for is the container's to say.
   */
  static final String DIRECT_MEMORY = "-XX:MaxDirectMemorySize=1024g";

  private static final String EXECUTOR_OPTIONS = "spark.executor.extraJavaOptions";

  private BarrierDefaults() {}

  static void apply(SparkConf conf, ClusterConfig cluster) {
    if (isStandalone(conf)) {
      // An executor would otherwise take all cores of its worker, and so hold several ranks.
      conf.setIfMissing("spark.executor.cores", conf.get("spark.task.cpus", "1"));
    } else {
      // A barrier stage that starts before its executors have registered is refused and retried. A
      // standalone Master starts all executors at once or never, so asking for slots is enough.
      conf.setIfMissing("spark.scheduler.minRegisteredResourcesRatio", "1.0");
    }
    conf.setIfMissing(
        "spark.scheduler.maxRegisteredResourcesWaitingTime",
        cluster.startTimeout().toMillis() + "ms");
    conf.setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s");
    // Spark's own limit is a year.
    conf.setIfMissing("spark.barrier.sync.timeout", "600s");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    String options = conf.get(EXECUTOR_OPTIONS, "");
    if (!options.contains("-XX:MaxDirectMemorySize")) {
      conf.set(EXECUTOR_OPTIONS, (DIRECT_MEMORY + " " + options).strip());
    }
  }

  private static boolean isStandalone(SparkConf conf) {
    return conf.get("spark.master", "").startsWith("spark://");
  }
}
