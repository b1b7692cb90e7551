package io.github.pumaspark.jobs.train;

import io.github.pumaspark.jobs.spark.RankFunction;
import io.github.pumaspark.jobs.tracking.LiveMetrics;
import io.github.pumaspark.jobs.tracking.RunTracking;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.coordination.CheckpointPart;
import io.github.pumaspark.model.coordination.CoordinatorClient;
import io.github.pumaspark.model.coordination.Heartbeat;
import io.github.pumaspark.model.coordination.RankPlace;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.train.RankTrainer;
import io.github.pumaspark.model.train.TrainSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.BlockManagerId;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One rank inside a barrier task: joins the run, trains, and tells the driver how it ended. Shipped
 * to executors.
 *
 * @param driverHost where the coordinator listens
 * @param bindHost address for peers; empty = the executor's own
 */
record RankTask(
    RunIdentity run,
    TrainSpec spec,
    String driverHost,
    int driverPort,
    String bindHost,
    Duration peerTimeout,
    Heartbeat heartbeat,
    Broadcast<SerializableConfiguration> hadoop)
    implements RankFunction {
  private static final Logger LOG = LoggerFactory.getLogger(RankTask.class);

  @Override
  public byte[] run(int rank, int worldSize, List<String> gpuAddresses) throws Exception {
    LOG.info("rank={}/{}: GPU addresses from Spark: {}", rank, worldSize, gpuAddresses);
    PeerAddress driver = new PeerAddress(driverHost, driverPort);
    try (CoordinatorClient client =
        CoordinatorClient.connect(run, rank, place(gpuAddresses), driver, heartbeat)) {
      try {
        return train(client, rank, gpuAddresses);
      } catch (Throwable e) {
        tell(client, e);
        throw e;
      }
    }
  }

  private byte[] train(CoordinatorClient client, int rank, List<String> gpuAddresses)
      throws IOException {
    try (Collective collective = client.join(host(), peerTimeout, spec.collective())) {
      try {
        TrainState.Progress end =
            new RankTrainer(spec, gpuAddresses, hadoop.value().value())
                .run(collective, new Driver(client, rank, spec));
        client.finished();
        return ByteBuffer.allocate(Long.BYTES).putLong(end.step()).array();
      } catch (Throwable e) {
        // Before the collective closes: the others would report this rank as lost otherwise.
        tell(client, e);
        throw e;
      }
    }
  }

  private RankPlace place(List<String> gpuAddresses) {
    BlockManagerId executor = SparkEnv.get().blockManager().blockManagerId();
    boolean isOnGpu = TorchThread.isOnGpu(spec.device(), gpuAddresses);
    return new RankPlace(
        executor.host(),
        executor.executorId(),
        ProcessHandle.current().pid(),
        isOnGpu ? gpuAddresses.stream().findFirst().orElse("0") : "");
  }

  private static void tell(CoordinatorClient client, Throwable e) {
    RankFailure failure = RankFailure.of(e);
    switch (failure.kind()) {
      case RANK -> client.fail(e);
      default -> client.fail(failure.kind(), failure.step(), failure.message());
    }
  }

  private String host() {
    return bindHost.isEmpty() ? SparkEnv.get().blockManager().blockManagerId().host() : bindHost;
  }

  private record Driver(CoordinatorClient client, int rank, TrainSpec spec)
      implements RankTrainer.Driver {
    @Override
    public boolean stopRequested() {
      return client.stopRequested();
    }

    @Override
    public void progressed(long step, String phase) {
      client.progressed(step, phase);
    }

    @Override
    public void event(TrainEvent event) {
      client.reportEvent(event);
    }

    @Override
    public void stepCompleted(StepReport report) {
      LiveMetrics.ofProcess().stepCompleted(rank, report);
      if (RunTracking.isReported(spec.train(), report.step())) {
        client.reportStep(report);
      }
    }

    @Override
    public void checkpointWritten(TrainState.Progress progress, Map<String, String> files) {
      client.reportCheckpoint(
          new CheckpointPart(rank, progress.step(), files, ProgressJson.write(progress)));
    }

    @Override
    public void awaitCommitted(long step) {
      client.progressed(step, "commit");
      client.awaitCommitted(step);
    }
  }
}
