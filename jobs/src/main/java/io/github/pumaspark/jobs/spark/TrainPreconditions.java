package io.github.pumaspark.jobs.spark;

import io.github.pumaspark.data.lang.ConfigException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkConf;
import scala.Tuple2;

/** Spark settings under which training must not start. */
public final class TrainPreconditions {
  private static final List<String> ENCRYPTION =
      List.of("spark.network.crypto.enabled", "spark.authenticate.enableSaslEncryption");

  private TrainPreconditions() {}

  /**
   * Checks a session's settings.
   *
   * @throws ConfigException naming every setting that has to change, one line each
   */
  public static void check(SparkConf conf) {
    List<String> problems = new ArrayList<>();
    if (isOn(conf, "spark.dynamicAllocation.enabled")) {
      problems.add(
          "Cannot train with spark.dynamicAllocation.enabled=true: the number of ranks is fixed"
              + " (set it to false)");
    }
    for (String key : ENCRYPTION) {
      if (isOn(conf, key)) {
        problems.add(refusedEncryption(key));
      }
    }
    Arrays.stream(conf.getAll())
        .map(Tuple2::_1)
        .filter(key -> key.startsWith("spark.ssl.") && key.endsWith("enabled") && isOn(conf, key))
        .sorted()
        .forEach(key -> problems.add(refusedEncryption(key)));
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
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static boolean isOn(SparkConf conf, String key) {
    return Boolean.parseBoolean(conf.get(key, "false"));
  }

  private static String refusedEncryption(String key) {
    return "Cannot train with "
        + key
        + "=true: traffic between ranks is authenticated but not encrypted (set it to false on a"
        + " trusted network)";
  }
}
