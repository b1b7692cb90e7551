package io.github.pumaspark.jobs.spark;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.engine.DeviceChoice;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;

/** Spark settings under which training must not start, and those that training follows. */
public final class TrainPreconditions {
  /** Each of them encrypts Spark's own remote calls, among them the one that carries our key. */
  private static final List<String> ENCRYPTION =
      List.of(
          "spark.network.crypto.enabled",
          "spark.authenticate.enableSaslEncryption",
          "spark.ssl.rpc.enabled");

  private static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  private static final String TASK_GPUS = "spark.task.resource.gpu.amount";

  private TrainPreconditions() {}

  /**
   * Checks a session's settings.
   *
   * @throws ConfigException naming every setting that has to change, one line each
   */
  public static void check(SparkConf conf, ClusterConfig cluster, CollectiveConfig collective) {
    List<String> problems = new ArrayList<>();
    if (isOn(conf, "spark.dynamicAllocation.enabled")) {
      problems.add(
          "Cannot train with spark.dynamicAllocation.enabled=true: the number of ranks is fixed"
              + " (set it to false)");
    }
    int cores = conf.getInt("spark.executor.cores", 1);
    int taskCores = conf.getInt("spark.task.cpus", 1);
    if (cores / taskCores > 1) {
      problems.add(
          "Cannot train with "
              + cores / taskCores
              + " slots in one executor: a rank is a whole process (set spark.task.cpus to"
              + " spark.executor.cores "
              + cores
              + ")");
    }
    checkGpus(conf, cluster, problems);
    if (collective.encryption() == CollectiveConfig.Encryption.ON
        && !isRpcEncrypted(conf)
        && !isOneMachine(conf)) {
      problems.add(
          "Cannot train with collective.encryption=on: the key of the run would travel in the clear,"
              + " since Spark does not encrypt its own calls (set spark.authenticate=true and"
              + " spark.network.crypto.enabled=true, or spark.ssl.rpc.enabled=true)");
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /** Whether ranks have to encrypt what they send each other and the driver. */
  public static boolean isEncrypted(SparkConf conf, CollectiveConfig collective) {
    return collective.encryption() == CollectiveConfig.Encryption.ON || isRpcEncrypted(conf);
  }

  private static void checkGpus(SparkConf conf, ClusterConfig cluster, List<String> problems) {
    boolean isScheduled = conf.contains(EXECUTOR_GPUS) || conf.contains(TASK_GPUS);
    String have = conf.get(EXECUTOR_GPUS, "0");
    String used = conf.get(TASK_GPUS, "0");
    if (isScheduled && !(isOne(have) && isOne(used))) {
      problems.add(
          "Cannot train with "
              + have
              + " GPUs in an executor and "
              + used
              + " for a task: a rank needs exactly 1 (set "
              + EXECUTOR_GPUS
              + " and "
              + TASK_GPUS
              + " to 1)");
    }
    if (cluster.device() == DeviceChoice.CUDA && !isScheduled && cluster.mostRanks() > 1) {
      problems.add(
          "Cannot train "
              + cluster.mostRanks()
              + " ranks with cluster.device=cuda when Spark does not schedule GPUs: ranks of one host"
              + " would share one (set "
              + EXECUTOR_GPUS
              + " and "
              + TASK_GPUS
              + " to 1)");
    }
  }

  private static boolean isRpcEncrypted(SparkConf conf) {
    return ENCRYPTION.stream().anyMatch(key -> isOn(conf, key));
  }

  /** Whether no packet of the application leaves this machine. */
  private static boolean isOneMachine(SparkConf conf) {
    return conf.get("spark.master", "").startsWith("local");
  }

  private static boolean isOne(String amount) {
    return amount.strip().equals("1");
  }

  private static boolean isOn(SparkConf conf, String key) {
    return Boolean.parseBoolean(conf.get(key, "false"));
  }
}
