package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GpuAddressesTest {
  @TempDir Path directory;

  @Test
  void ranksAreToldTheGpusThatSparkGaveThem() throws IOException {
    Path script = directory.resolve("gpus.sh");
    Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"7\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    Map<String, String> settings =
        Map.of(
            "spark.worker.resource.gpu.amount", "1",
            "spark.worker.resource.gpu.discoveryScript", script.toString(),
            "spark.executor.resource.gpu.amount", "1",
            "spark.task.resource.gpu.amount", "1");
    ClusterConfig cluster =
        EffectiveConfig.load(null, List.of("cluster.executor-memory=512m")).values().cluster();
    settings.forEach(System::setProperty);

    List<byte[]> answers;
    try (SparkSession session = SparkSessions.open("test", cluster)) {
      SparkSessions.requireSlots(session, cluster);
      answers =
          BarrierJobs.run(
              session,
              2,
              "test",
              (rank, worldSize, gpus) -> gpus.toString().getBytes(StandardCharsets.UTF_8));
    } finally {
      settings.keySet().forEach(System::clearProperty);
    }

    assertThat(answers).allSatisfy(answer -> assertThat(answer).asString().isEqualTo("[7]"));
  }
}
