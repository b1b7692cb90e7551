package io.github.pumaspark.jobs.chaos;

import java.nio.file.Path;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run directory on a real HDFS, of one name node and one data node. */
@Tag("slow")
final class HdfsTrainingTest {
  @TempDir private Path temporary;

  @Test
  void aTrainingOnHdfsSurvivesAKilledExecutorAndAKilledDriver() throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, temporary.resolve("hdfs").toString());
    try (MiniDFSCluster cluster =
        new MiniDFSCluster.Builder(configuration).numDataNodes(1).build()) {
      cluster.waitActive();
      StoreScenario.play(
          temporary,
          cluster.getFileSystem().getUri().toString(),
          // One data node: a second copy has no place.
          Map.of("dfs.replication", "1"));
    }
  }
}
