package io.github.pumaspark.jobs.spark;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.IntSupplier;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkExecutorInfo;
import org.apache.spark.sql.SparkSession;

/** Opens Spark: the cluster that spark-submit chose, or an embedded one. Driver only. */
public final class SparkSessions {
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(200);

  private SparkSessions() {}

  /** Whether somebody chose a master already, as spark-submit does. */
  public static boolean isSubmitted() {
    return System.getProperty("spark.master") != null;
  }

  /**
   * Requires what can be known before anything is started.
   *
   * @throws ConfigException if the embedded cluster does not fit on this machine
   */
  public static void check(ClusterConfig cluster) {
    if (!isSubmitted()) {
      EmbeddedCluster.requireMemory(cluster);
    }
  }

  /**
   * A session whose executors are registered, or as many as came within {@code
   * cluster.start-timeout}; the caller closes it.
   *
   * <p>Under spark-submit its settings are used as they are, with defaults for barrier stages where
   * they say nothing and with {@link MetricsPlugin}. Otherwise {@code cluster.ranks} executor
   * processes of one slot each are started on this machine and end with the session. System
   * properties {@code spark.*} reach both.
   *
   * @throws ConfigException if this machine cannot hold so many executors
   */
  public static SparkSession open(String appName, ClusterConfig cluster) {
    SparkConf conf = new SparkConf().setAppName(appName);
    BarrierDefaults.apply(conf, cluster);
    MetricsPlugin.addTo(conf);
    if (!isSubmitted()) {
      EmbeddedCluster.configure(conf, cluster);
    }
    return SparkSession.builder().config(conf).getOrCreate();
  }

  /**
   * Waits for one free slot per rank, and requires {@code cluster.min-ranks} of them.
   *
   * <p>Executors that are still registering are waited for: up to {@code cluster.start-timeout} for
   * the first, then as long as more keep coming.
   *
   * @throws ConfigException with the number of slots there are and the number needed
   */
  public static void requireSlots(SparkSession session, ClusterConfig cluster) {
    SparkContext context = session.sparkContext();
    int free = settledSlots(() -> freeSlots(context), cluster.ranks(), cluster.startTimeout());
    if (free < cluster.fewestRanks()) {
      throw new ConfigException(
          "Cannot start "
              + cluster.ranks()
              + " ranks: need "
              + cluster.fewestRanks()
              + " free slots, have "
              + free
              + " on master '"
              + context.master()
              + "'. Lower cluster.ranks or give the application more executors"
              + (context.conf().contains("spark.task.resource.gpu.amount") ? " or GPUs." : "."));
    }
  }

  /** Tasks that could start at this moment, by cores and by GPUs where tasks ask for them. */
  public static int freeSlots(SparkContext context) {
    int slots =
        context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
    int running =
        Arrays.stream(context.statusTracker().getExecutorInfos())
            .mapToInt(SparkExecutorInfo::numRunningTasks)
            .sum();
    return Math.max(0, slots - running);
  }

  private static int settledSlots(IntSupplier slots, int enough, Duration startTimeout) {
    long start = System.nanoTime();
    long lastChange = start;
    int seen = slots.getAsInt();
    while (seen < enough) {
      Duration patience = seen == 0 ? startTimeout : SETTLED;
      if (System.nanoTime() - lastChange > patience.toNanos()) {
        return seen;
      }
      try {
        Thread.sleep(POLL.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return seen;
      }
      int now = slots.getAsInt();
      if (now != seen) {
        seen = now;
        lastChange = System.nanoTime();
      }
    }
    return seen;
  }
}
