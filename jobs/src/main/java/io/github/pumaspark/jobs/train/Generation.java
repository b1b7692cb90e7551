package io.github.pumaspark.jobs.train;

import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.jobs.spark.BarrierJob;
import io.github.pumaspark.jobs.spark.BarrierJobs;
import io.github.pumaspark.jobs.spark.ExecutorSlot;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.coordination.Coordinator;
import io.github.pumaspark.model.coordination.CoordinatorListener;
import io.github.pumaspark.model.coordination.Failure;
import io.github.pumaspark.model.coordination.Heartbeat;
import io.github.pumaspark.model.coordination.RunAbortedException;
import io.github.pumaspark.model.train.TrainSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt at a run: a coordinator and a barrier stage, from their start to the end of all ranks
 * or to the first failure. Driver only.
 *
 * @param isPinned whether the ranks have to run in just these executors
 */
record Generation(
    RunConfig values,
    RunIdentity identity,
    TrainSpec spec,
    List<ExecutorSlot> executors,
    boolean isPinned) {
  private static final Duration LAST_WORDS = Duration.ofSeconds(30);
  private static final Logger LOG = LoggerFactory.getLogger(Generation.class);

  /**
   * Runs it; when this returns or throws, the driver has heard the last of its ranks.
   *
   * @throws GenerationFailedException with the first cause, if not all ranks finished
   */
  void run(
      SparkSession session,
      Broadcast<SerializableConfiguration> hadoop,
      CoordinatorListener listener,
      StopRequest stop,
      RunLease lease) {
    ClusterConfig cluster = values.cluster();
    String driverHost =
        cluster.driverHost().isEmpty()
            ? session.sparkContext().getConf().get("spark.driver.host")
            : cluster.driverHost();
    Heartbeat heartbeat = new Heartbeat(cluster.heartbeatInterval(), cluster.deadAfter());
    try (Coordinator coordinator =
        Coordinator.start(
            identity,
            new PeerAddress(driverHost, cluster.driverPort()),
            heartbeat,
            cluster.hangTimeout(),
            listener)) {
      RankTask task =
          new RankTask(
              identity,
              spec,
              driverHost,
              coordinator.address().port(),
              cluster.bindHost(),
              cluster.peerTimeout(),
              heartbeat,
              hadoop);
      String description = "train " + values.run().name() + " generation " + spec.generation();
      BarrierJob job =
          isPinned
              ? BarrierJobs.submitTo(session, executors, description, task)
              : BarrierJobs.submit(session, executors.size(), description, task);
      stop.listenBy(coordinator::requestStop);
      lease.listenBy(coordinator::abort);
      try {
        follow(coordinator, job);
      } finally {
        stop.listenBy(() -> {});
        lease.listenBy(reason -> {});
      }
    }
  }

  /*
   * The ranks decide when it is over, not Spark: a job with a frozen task never ends.
   */
  private void follow(Coordinator coordinator, BarrierJob job) {
    Thread watcher = new Thread(() -> watch(coordinator, job), "train-watcher");
    watcher.setDaemon(true);
    watcher.start();
    try {
      coordinator.awaitJoined(values.cluster().startTimeout());
      LOG.info("train {}: {} ranks have joined", values.run().name(), executors.size());
      coordinator.awaitFinished();
      job.finish(LAST_WORDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.cancel("the driver was interrupted");
      throw new TrainFailedException("Training was interrupted");
    } catch (RunAbortedException e) {
      Failure failure =
          coordinator.firstFailure().orElseGet(() -> Failure.ofDriver(String.valueOf(e)));
      job.cancel(failure.message());
      throw new GenerationFailedException(
          failure, Optional.ofNullable(coordinator.places().get(failure.rank())), e);
    }
  }

  /** A job that dies without a word of its ranks ends the run too. */
  private static void watch(Coordinator coordinator, BarrierJob job) {
    try {
      job.await();
    } catch (RuntimeException e) {
      coordinator.abortAsConsequence(String.valueOf(e.getMessage()));
    }
  }
}
