package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BarrierDefaultsTest {
  private static final String RATIO = "spark.scheduler.minRegisteredResourcesRatio";

  @Test
  void standaloneExecutorsHoldOneTask() {
    assertThat(applied("spark://host:7077").get("spark.executor.cores")).isEqualTo("1");
    assertThat(applied("spark://host:7077", "spark.task.cpus", "3").get("spark.executor.cores"))
        .isEqualTo("3");
  }

  /**
   * Cores that the cluster does not have would otherwise delay the refusal by the start timeout.
   */
  @Test
  void standaloneSessionsDoNotWaitForAllCores() {
    assertThat(applied("spark://host:7077").contains(RATIO)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "yarn", "k8s://https://host:6443"})
  void otherSessionsWaitForAllExecutors(String master) {
    assertThat(applied(master).get(RATIO)).isEqualTo("1.0");
    assertThat(applied(master).contains("spark.executor.cores")).isFalse();
  }

  @Test
  void settingsOfTheUserStay() {
    assertThat(
            applied("spark://host:7077", "spark.executor.cores", "8").get("spark.executor.cores"))
        .isEqualTo("8");
    assertThat(applied("yarn", RATIO, "0.5").get(RATIO)).isEqualTo("0.5");
  }

  private static SparkConf applied(String master, String... setting) {
    SparkConf conf = new SparkConf(false);
    if (!master.isEmpty()) {
      conf.setMaster(master);
    }
    if (setting.length > 0) {
      conf.set(setting[0], setting[1]);
    }
    BarrierDefaults.apply(conf, EffectiveConfig.load(null, List.of()).values().cluster());
    return conf;
  }
}
