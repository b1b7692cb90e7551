package io.github.pumaspark.model.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.storage.HdfsServer;
import io.github.pumaspark.data.storage.S3Server;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.Checkpoints;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is stopped in the middle of a checkpoint, on a real HDFS and on a server of S3. */
final class CheckpointServersTest {
  @TempDir private java.nio.file.Path temporary;

  @Test
  void onHdfs() throws Exception {
    try (HdfsServer server = HdfsServer.start(temporary.resolve("hdfs"))) {
      writeStopAndGoOn(server.path("run/checkpoints"), new Configuration());
    }
  }

  @Test
  void onS3() throws Exception {
    try (S3Server server = S3Server.start(temporary.resolve("s3"))) {
      writeStopAndGoOn(server.path("run/checkpoints"), server.configure(new Configuration()));
    }
  }

  private void writeStopAndGoOn(Path checkpoints, Configuration configuration) throws Exception {
    Path dataset = new Path(temporary.resolve("data").toUri());
    CountingDataset.write(dataset, configuration, 40);
    Path local = new Path(temporary.resolve("local").toUri());
    LocalRun straight = new LocalRun(spec(dataset, local), configuration);
    straight.train(LocalRanks.world(2));
    TrainSpec spec = spec(dataset, checkpoints);
    LocalRun run = new LocalRun(spec, configuration);

    run.stopping(0, 4).train(LocalRanks.world(2));
    CheckpointStore store = run.store();
    assertThat(store.complete()).extracting(Checkpoint::step).containsExactly(2L, 4L);

    // A generation that was killed while it wrote, and one of its ranks that goes on after the
    // sweep.
    Path staging = store.staging(6, 0);
    Path half = new Path(staging, CheckpointFile.MODEL);
    Storage.writeAtomically(half, configuration, "half a fi");
    assertThat(store.newest().orElseThrow().verify().step()).isEqualTo(4);
    assertThat(Checkpoints.glob(checkpoints + "/*", configuration)).hasSize(2);
    store.sweep(1);
    assertThat(names(checkpoints, configuration)).containsExactly("step-00000002", "step-00000004");
    Storage.writeAtomically(half, configuration, "half a file");

    TrainSpec next = spec.attempt(1, run.newest().directory().toString(), List.of());
    LocalRun resumed = new LocalRun(next, configuration);
    resumed.train(LocalRanks.world(2));

    assertThat(resumed.newest().verify().step()).isEqualTo(6);
    assertThat(resumed.newest().state().files()).isEqualTo(straight.newest().state().files());
    store.sweep(2);
    store.applyRetention(1, 2);
    assertThat(store.complete()).extracting(Checkpoint::step).containsExactly(2L, 4L, 6L);
    store.applyRetention(1, 4);
    assertThat(names(checkpoints, configuration))
        .containsExactly("step-00000004", resumed.newest().directory().getName());
  }

  private static TrainSpec spec(Path dataset, Path checkpoints) {
    return LocalRun.spec(dataset, checkpoints, LocalRun.PROGRESSIVE, LocalRun.OPTIMIZER, 6, 2);
  }

  private static List<String> names(Path directory, Configuration configuration)
      throws IOException {
    return Arrays.stream(directory.getFileSystem(configuration).listStatus(directory))
        .map(FileStatus::getPath)
        .map(Path::getName)
        .sorted()
        .toList();
  }
}
