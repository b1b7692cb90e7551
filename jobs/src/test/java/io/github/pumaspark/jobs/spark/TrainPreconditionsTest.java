package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TrainPreconditionsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.dynamicAllocation.enabled",
        "spark.network.crypto.enabled",
        "spark.authenticate.enableSaslEncryption",
        "spark.ssl.enabled",
        "spark.ssl.rpc.enabled"
      })
  void settingsThatTrainingCannotHonourAreRefusedByName(String key) {
    SparkConf conf = new SparkConf(false).set(key, "true");

    assertThatThrownBy(() -> TrainPreconditions.check(conf))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot train with " + key + "=true: ")
        .hasMessageNotContaining("\n");
    assertThatCode(() -> TrainPreconditions.check(conf.set(key, "false")))
        .doesNotThrowAnyException();
  }

  @Test
  void authenticationAloneIsWelcome() {
    assertThatCode(
            () -> TrainPreconditions.check(new SparkConf(false).set("spark.authenticate", "true")))
        .doesNotThrowAnyException();
  }

  @Test
  void executorsOfSeveralSlotsAreRefused() {
    SparkConf conf = new SparkConf(false).set("spark.executor.cores", "4");

    assertThatThrownBy(() -> TrainPreconditions.check(conf))
        .hasMessageContaining("4 slots in one executor")
        .hasMessageContaining("set spark.task.cpus to spark.executor.cores 4");
    assertThatCode(() -> TrainPreconditions.check(conf.set("spark.task.cpus", "4")))
        .doesNotThrowAnyException();
  }

  @Test
  void everyProblemIsReportedAtOnce() {
    SparkConf conf =
        new SparkConf(false)
            .set("spark.dynamicAllocation.enabled", "true")
            .set("spark.ssl.enabled", "true");

    assertThatThrownBy(() -> TrainPreconditions.check(conf))
        .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines()).hasSize(2));
  }
}
