package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainPreconditionsTest {
  @Test
  void dynamicAllocationIsRefusedByName() {
    SparkConf conf = conf().set("spark.dynamicAllocation.enabled", "true");

    assertThatThrownBy(() -> check(conf))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot train with spark.dynamicAllocation.enabled=true: ")
        .hasMessageNotContaining("\n");
    assertThatCode(() -> check(conf.set("spark.dynamicAllocation.enabled", "false")))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.network.crypto.enabled",
        "spark.authenticate.enableSaslEncryption",
        "spark.ssl.rpc.enabled"
      })
  void encryptionOfSparksOwnCallsIsFollowed(String key) {
    SparkConf conf = conf().set(key, "true");

    check(conf);
    assertThat(isEncrypted(conf)).isTrue();
    assertThat(isEncrypted(conf.set(key, "false"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark.authenticate", "spark.ssl.enabled", "spark.ssl.ui.enabled"})
  void whatDoesNotEncryptSparksOwnCallsChangesNothing(String key) {
    SparkConf conf = conf().set(key, "true");

    check(conf);
    assertThat(isEncrypted(conf)).isFalse();
  }

  @Test
  void encryptionIsRefusedWhereTheKeyItselfWouldTravelInTheClear() {
    SparkConf conf = conf().set("spark.master", "spark://there:7077");

    assertThatThrownBy(() -> check(conf, "collective.encryption=on"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("spark.network.crypto.enabled=true")
        .hasMessageContaining("spark.ssl.rpc.enabled=true");
    assertThatCode(
            () ->
                check(conf.set("spark.network.crypto.enabled", "true"), "collective.encryption=on"))
        .doesNotThrowAnyException();
    assertThatCode(
            () ->
                check(
                    conf().set("spark.master", "local-cluster[2,1,512]"),
                    "collective.encryption=on"))
        .doesNotThrowAnyException();
    assertThat(
            TrainPreconditions.isEncrypted(conf(), values("collective.encryption=on").collective()))
        .isTrue();
  }

  @Test
  void executorsOfSeveralSlotsAreRefused() {
    SparkConf conf = conf().set("spark.executor.cores", "4");

    assertThatThrownBy(() -> check(conf))
        .hasMessageContaining("4 slots in one executor")
        .hasMessageContaining("set spark.task.cpus to spark.executor.cores 4");
    assertThatCode(() -> check(conf.set("spark.task.cpus", "4"))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource({"4,1", "1,0.5", "2,2", "1,", ",1"})
  void anExecutorHasOneGpuAndItsTaskTakesIt(String have, String used) {
    SparkConf conf = conf();
    if (have != null) {
      conf.set("spark.executor.resource.gpu.amount", have);
    }
    if (used != null) {
      conf.set("spark.task.resource.gpu.amount", used);
    }

    assertThatThrownBy(() -> check(conf))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            (have == null ? "0" : have)
                + " GPUs in an executor and "
                + (used == null ? "0" : used)
                + " for a task: a rank needs exactly 1");
  }

  @Test
  void severalRanksOnGpusNeedSparkToScheduleThem() {
    assertThatThrownBy(() -> check(conf(), "cluster.device=cuda", "cluster.ranks=2"))
        .hasMessageContaining("Cannot train 2 ranks with cluster.device=cuda")
        .hasMessageContaining("spark.task.resource.gpu.amount");
    assertThatCode(() -> check(conf(), "cluster.device=cuda", "cluster.ranks=1"))
        .doesNotThrowAnyException();
    SparkConf scheduled =
        conf()
            .set("spark.executor.resource.gpu.amount", "1")
            .set("spark.task.resource.gpu.amount", "1");
    assertThatCode(() -> check(scheduled, "cluster.device=cuda")).doesNotThrowAnyException();
  }

  @Test
  void everyProblemIsReportedAtOnce() {
    SparkConf conf =
        conf().set("spark.dynamicAllocation.enabled", "true").set("spark.executor.cores", "2");

    assertThatThrownBy(() -> check(conf, "cluster.device=cuda"))
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(3));
  }

  private static SparkConf conf() {
    return new SparkConf(false);
  }

  private static void check(SparkConf conf, String... overrides) {
    RunConfig values = values(overrides);
    TrainPreconditions.check(conf, values.cluster(), values.collective());
  }

  private static boolean isEncrypted(SparkConf conf) {
    return TrainPreconditions.isEncrypted(conf, values().collective());
  }

  private static RunConfig values(String... overrides) {
    return EffectiveConfig.load(null, List.of(overrides)).values();
  }
}
