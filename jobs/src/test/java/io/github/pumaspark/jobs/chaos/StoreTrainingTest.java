package io.github.pumaspark.jobs.chaos;

import io.github.pumaspark.data.storage.HdfsServer;
import io.github.pumaspark.data.storage.S3Server;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Run directories on a real HDFS and on an S3-compatible server. */
@Tag("slow")
final class StoreTrainingTest {
  @TempDir private Path temporary;

  @Test
  void aTrainingOnHdfsSurvivesAKilledExecutorAndAKilledDriver() throws Exception {
    try (HdfsServer hdfs = HdfsServer.start(temporary.resolve("hdfs"))) {
      StoreScenario.play(temporary, hdfs.path("runs/remote").toString(), new Configuration(false));
    }
  }

  @Test
  void aTrainingOnS3SurvivesAKilledExecutorAndAKilledDriver() throws Exception {
    try (S3Server s3 = S3Server.start(temporary.resolve("s3"))) {
      StoreScenario.play(
          temporary,
          s3.path("runs/remote").toString(),
          s3.configure(new Configuration(false)),
          "run.lease=false");
    }
  }
}
