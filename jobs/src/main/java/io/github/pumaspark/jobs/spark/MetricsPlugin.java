package io.github.pumaspark.jobs.spark;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.github.pumaspark.jobs.tracking.LiveMetrics;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * Shows {@link LiveMetrics} to Spark's metrics system, so that every sink that is configured there
 * gets them. Spark makes one in the driver and one in each executor, from the setting {@code
 * spark.plugins}.
 */
public final class MetricsPlugin implements SparkPlugin {
  private static final String SETTING = "spark.plugins";

  // Gauges of phases are registered before a rank has told which it has.
  private static final List<String> PHASES =
      List.of("masking", "forward", "backward", "communication", "optimizer");

  /** Adds the plugin to the settings, beside those that are there. */
  static void addTo(SparkConf conf) {
    String name = MetricsPlugin.class.getName();
    String present = conf.get(SETTING, "").strip();
    if (!List.of(present.split("\\s*,\\s*")).contains(name)) {
      conf.set(SETTING, present.isEmpty() ? name : present + "," + name);
    }
  }

  @Override
  public DriverPlugin driverPlugin() {
    return new Driver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new Executor();
  }

  private static final class Driver implements DriverPlugin {
    @Override
    public Map<String, String> init(SparkContext context, PluginContext plugin) {
      MetricRegistry registry = plugin.metricRegistry();
      gauge(registry, "train.step", LiveMetrics.Run::step);
      gauge(registry, "train.loss", LiveMetrics.Run::loss);
      gauge(registry, "train.mask-ratio", LiveMetrics.Run::maskRatio);
      gauge(registry, "train.generation", LiveMetrics.Run::generation);
      gauge(registry, "train.failures", run -> LiveMetrics.ofProcess().failures());
      gauge(registry, "optim.grad-norm", LiveMetrics.Run::gradientNorm);
      gauge(registry, "throughput.tokens-per-second", LiveMetrics.Run::tokensPerSecond);
      gauge(registry, "comm.exposed-fraction", LiveMetrics.Run::exposedCommunication);
      gauge(registry, "ranks.count", LiveMetrics.Run::ranks);
      gauge(registry, "ranks.slow", LiveMetrics.Run::slowRanks);
      gauge(registry, "ranks.slowest-ratio", LiveMetrics.Run::slowestRatio);
      return Map.of();
    }

    private static void gauge(
        MetricRegistry registry, String name, ToDoubleFunction<LiveMetrics.Run> number) {
      Gauge<Double> gauge = () -> number.applyAsDouble(LiveMetrics.ofProcess().run());
      registry.register(name, gauge);
    }
  }

  private static final class Executor implements ExecutorPlugin {
    @Override
    public void init(PluginContext plugin, Map<String, String> fromDriver) {
      MetricRegistry registry = plugin.metricRegistry();
      gauge(registry, "rank.number", LiveMetrics.Rank::number);
      gauge(registry, "rank.step", LiveMetrics.Rank::step);
      gauge(registry, "rank.seconds-since-step", LiveMetrics.Rank::secondsSinceStep);
      for (String phase : PHASES) {
        gauge(registry, "rank.seconds." + phase, rank -> rank.seconds(phase));
      }
    }

    private static void gauge(
        MetricRegistry registry, String name, ToDoubleFunction<LiveMetrics.Rank> number) {
      Gauge<Double> gauge = () -> number.applyAsDouble(LiveMetrics.ofProcess().rank());
      registry.register(name, gauge);
    }
  }
}
