package io.github.pumaspark.jobs.spark;

import com.sun.management.OperatingSystemMXBean;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.util.ShutdownHookManager;
import org.apache.spark.util.Utils;

/** The cluster of a laptop: one executor process per rank, all on the loopback address. */
final class EmbeddedCluster {
  private static final String LOOPBACK = "127.0.0.1";

  /** What an executor takes beside its heap: libtorch, tensors, code. A lower bound. */
  private static final int NATIVE_MEBIBYTES = 384;

  private EmbeddedCluster() {}

  /**
   * Fills in a local-cluster of one-slot executors that share this process's class path.
   *
   * <p>Scratch files go below the directory named by environment variable {@code PUMA_SCRATCH}, or
   * a temporary one that is removed with this process.
   *
   * @throws ConfigException if the machine's memory is too small for so many
   */
  static void configure(SparkConf conf, ClusterConfig cluster) {
    requireMemory(cluster);
    if (System.getenv("SPARK_LOCAL_IP") == null) {
      // Workers would otherwise listen on the machine's outward address.
      Utils.setCustomHostname(LOOPBACK);
    }
    Path scratch = scratch();
    int memory = cluster.executorMemoryMebibytes();
    conf.setMaster("local-cluster[" + cluster.ranks() + ",1," + memory + "]");
    conf.set("spark.cores.max", Integer.toString(cluster.ranks()));
    conf.set("spark.executor.memory", memory + "m");
    conf.set("spark.executor.extraClassPath", absoluteClassPath());
    conf.set("spark.executor.extraJavaOptions", javaOptions(directory(scratch, "tmp")));
    executorEnvironment(cluster).forEach((name, value) -> conf.setExecutorEnv(name, value));
    conf.set("spark.driver.host", LOOPBACK);
    conf.set("spark.driver.bindAddress", LOOPBACK);
    conf.set("spark.local.dir", directory(scratch, "local").toString());
    conf.set("spark.sql.warehouse.dir", scratch.resolve("warehouse").toUri().toString());
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.log.level", "WARN");
  }

  private static Map<String, String> executorEnvironment(ClusterConfig cluster) {
    return Map.of(
        // The first two keep Spark's launcher from looking for an installation that is not there.
        "SPARK_TESTING",
        "1",
        "SPARK_SCALA_VERSION",
        "2.13",
        "SPARK_LOCAL_IP",
        LOOPBACK,
        "OMP_NUM_THREADS",
        Integer.toString(cluster.threadsPerRank()),
        "DJL_CACHE_DIR",
        libraryCache(cluster));
  }

  /** Where the tensor library is unpacked on this machine, the same place run after run. */
  private static String libraryCache(ClusterConfig cluster) {
    if (!cluster.libraryCache().isEmpty()) {
      return Path.of(cluster.libraryCache()).toAbsolutePath().toString();
    }
    String given = System.getenv("DJL_CACHE_DIR");
    return given != null
        ? given
        : Path.of(System.getProperty("user.home"), ".cache", "puma-spark", "djl").toString();
  }

  private static String javaOptions(Path temporary) {
    String logging = System.getProperty("log4j2.configurationFile");
    return BarrierDefaults.DIRECT_MEMORY
        + " -Dai.djl.offline=true -Djava.io.tmpdir="
        + quoted(temporary.toString())
        + (logging == null ? "" : " -Dlog4j2.configurationFile=" + quoted(logging));
  }

  private static String quoted(String text) {
    return '"' + text + '"';
  }

  /** An executor's working directory is not ours: a relative entry would lose our classes. */
  private static String absoluteClassPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Requires enough memory for all ranks.
   *
   * @throws ConfigException with what there is and what is needed
   */
  static void requireMemory(ClusterConfig cluster) {
    long have =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize()
            >> 20;
    long need = (long) cluster.ranks() * (cluster.executorMemoryMebibytes() + NATIVE_MEBIBYTES);
    if (need > have) {
      throw new ConfigException(
          String.format(
              Locale.ROOT,
              "Cannot start %d ranks on this machine: need %d MiB of memory (cluster.executor-memory %s"
                  + " and %d MiB beside it for each), have %d MiB. Lower cluster.ranks or submit to a"
                  + " cluster.",
              cluster.ranks(),
              need,
              cluster.executorMemory(),
              NATIVE_MEBIBYTES,
              have));
    }
  }

  private static Path scratch() {
    String given = System.getenv("PUMA_SCRATCH");
    try {
      if (given != null) {
        return Files.createDirectories(Path.of(given).toAbsolutePath());
      }
      Path temporary = Files.createTempDirectory("puma-spark-").toAbsolutePath();
      ShutdownHookManager.registerShutdownDeleteDir(temporary.toFile());
      return temporary;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a scratch directory: " + e.getMessage(), e);
    }
  }

  private static Path directory(Path parent, String name) {
    try {
      return Files.createDirectories(parent.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a scratch directory: " + e.getMessage(), e);
    }
  }
}
