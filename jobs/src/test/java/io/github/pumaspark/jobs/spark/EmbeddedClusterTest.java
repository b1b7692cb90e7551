package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

final class EmbeddedClusterTest {
  @Test
  void everyRankGetsAnExecutorOfOneSlot() {
    SparkConf conf = new SparkConf(false);

    EmbeddedCluster.configure(
        conf,
        cluster("cluster.ranks=2", "cluster.executor-memory=700m", "cluster.threads-per-rank=3"));

    assertThat(conf.get("spark.master")).isEqualTo("local-cluster[2,1,700]");
    assertThat(conf.get("spark.executor.memory")).isEqualTo("700m");
    assertThat(conf.get("spark.cores.max")).isEqualTo("2");
    assertThat(conf.get("spark.executorEnv.OMP_NUM_THREADS")).isEqualTo("3");
    assertThat(conf.get("spark.driver.host")).isEqualTo("127.0.0.1");
  }

  @Test
  void executorsSeeAbsoluteClassPathEntriesOnly() {
    SparkConf conf = new SparkConf(false);

    EmbeddedCluster.configure(conf, cluster());

    assertThat(conf.get("spark.executor.extraClassPath").split(File.pathSeparator))
        .isNotEmpty()
        .allMatch(entry -> Path.of(entry).isAbsolute());
  }

  @Test
  void theTensorLibraryIsUnpackedWhereTheUserSays() {
    SparkConf conf = new SparkConf(false);

    EmbeddedCluster.configure(conf, cluster("cluster.library-cache=/data/djl"));

    assertThat(conf.get("spark.executorEnv.DJL_CACHE_DIR")).isEqualTo("/data/djl");
  }

  @Test
  void moreRanksThanTheMachineHoldsIsSaidWithBothNumbersBeforeAnythingStarts() {
    ClusterConfig many =
        cluster("cluster.ranks=5000", "train.global-batch-size=5000", "cluster.executor-memory=2g");

    assertThatThrownBy(() -> SparkSessions.open("test", many))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "Cannot start 5000 ranks on this machine: need 12160000 MiB of memory")
        .hasMessageContaining(", have ");
  }

  private static ClusterConfig cluster(String... overrides) {
    return EffectiveConfig.load(null, List.of(overrides)).values().cluster();
  }
}
