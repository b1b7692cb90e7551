package io.github.pumaspark.jobs.spark;

import io.github.pumaspark.jobs.config.ClusterConfig;
import java.io.IOException;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * A Spark session that is opened when it is first asked for, so that a command with nothing to do
 * never starts executors. Not thread-safe; driver only.
 */
public final class LazySession implements Supplier<SparkSession>, AutoCloseable {
  private final String appName;
  private final ClusterConfig cluster;
  private @Nullable SparkSession session;

  /** A session to be opened by {@link SparkSessions#open}. */
  public LazySession(String appName, ClusterConfig cluster) {
    this.appName = appName;
    this.cluster = cluster;
  }

  /** File system settings, with what {@code spark.hadoop.*} says; needs no session. */
  public static Configuration fileSystems() {
    return SparkHadoopUtil.get().newConfiguration(new SparkConf());
  }

  @Override
  public SparkSession get() {
    SparkSession open = session;
    if (open == null) {
      open = SparkSessions.open(appName, cluster);
      session = open;
    }
    return open;
  }

  @Override
  public void close() throws IOException {
    if (session != null) {
      session.close();
    }
  }
}
