package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.Manifest;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.storage.DirectoryLock;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.CodeVersion;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.jobs.spark.BarrierFailedException;
import io.github.pumaspark.jobs.spark.BarrierJob;
import io.github.pumaspark.jobs.spark.BarrierJobs;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.jobs.spark.StopSignals;
import io.github.pumaspark.jobs.spark.TrainPreconditions;
import io.github.pumaspark.jobs.tracking.RunTracking;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import io.github.pumaspark.model.coordination.Coordinator;
import io.github.pumaspark.model.coordination.Heartbeat;
import io.github.pumaspark.model.coordination.RunAbortedException;
import io.github.pumaspark.model.train.NonFiniteLossException;
import io.github.pumaspark.model.train.TrainConfig;
import io.github.pumaspark.model.train.TrainSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains one run, from initial weights or from its newest checkpoint, until it is finished or asked
 * to stop. Driver only.
 */
public final class TrainJob {
  private static final Logger LOG = LoggerFactory.getLogger(TrainJob.class);

  private final EffectiveConfig config;
  private final RunConfig values;
  private final Configuration configuration;

  /** A job for one run; {@code configuration} is for the file systems on the driver. */
  public TrainJob(EffectiveConfig config, Configuration configuration) {
    this.config = config;
    this.values = config.values();
    this.configuration = configuration;
  }

  /**
   * Where a run stands.
   *
   * @param isFinished false = stopped with a checkpoint, to be gone on with
   */
  public record Result(TrainState state, boolean isFinished) {
    /** What a user wants to know in the end. */
    public Map<String, Object> summary() {
      TrainState.Progress progress = state.progress();
      Map<String, Object> summary = new LinkedHashMap<>();
      summary.put("run", state.lineage().runName());
      summary.put("finished", isFinished);
      summary.put("step", progress.step());
      summary.put("sequences", progress.sequences());
      summary.put("tokens", progress.tokens());
      summary.put("seconds", progress.seconds());
      summary.put("world_size", state.execution().worldSize());
      return summary;
    }
  }

  /**
   * What would be trained, one fact a line, from the dataset's manifest alone.
   *
   * @throws ConfigException if the dataset is missing, or does not fit the network's settings
   */
  public List<String> plan() throws IOException {
    config.require("dataset.train");
    Path dataset = new Path(values.dataset().train());
    Manifest manifest = ManifestFile.read(dataset, configuration);
    List<String> lines = new ArrayList<>(plan(dataset, manifest).lines());
    TrainConfig train = values.train();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d steps of %d sequences are %.2f passes over %d rows at one step a sequence",
            train.steps(),
            train.globalBatchSize(),
            (double) train.steps() * train.globalBatchSize() / manifest.rows(),
            manifest.rows()));
    return lines;
  }

  private TrainPlan plan(Path dataset, Manifest manifest) {
    return TrainPlan.of(
        values, dataset.toString(), manifest.tokenizer(), manifest.layout().sequenceLength());
  }

  /**
   * Runs the job; returns at once if the run is finished.
   *
   * @param session asked only if there is work to do; the supplier's owner closes it
   * @throws ConfigException if settings, dataset, directory or cluster do not allow it
   * @throws IOException also if another process works on the run
   * @throws TrainFailedException if a rank failed or was lost; running again goes on
   */
  public Result run(Supplier<SparkSession> session) throws IOException {
    config.require("dataset.train");
    Path dataset = new Path(values.dataset().train());
    Manifest manifest = ManifestFile.read(dataset, configuration);
    ManifestFile.requireShards(dataset, manifest, configuration);
    TrainPlan plan = plan(dataset, manifest);
    LOG.debug("train {}: {} parameters", name(), plan.parameters());
    try (DirectoryLock lock = RunDirectory.lock(config, configuration)) {
      LOG.debug("holding {}", lock);
      return run(session, dataset, manifest);
    }
  }

  private Result run(Supplier<SparkSession> session, Path dataset, Manifest manifest)
      throws IOException {
    String datasetSha256 = ManifestFile.sha256(dataset, configuration);
    RunDirectory directory = RunDirectory.open(config, datasetSha256, configuration);
    CheckpointStore store = directory.store();
    Optional<Checkpoint> newest = store.newest();
    long step = newest.map(Checkpoint::step).orElse(0L);
    if (newest.isPresent() && step >= values.train().steps()) {
      return new Result(newest.get().state(), true);
    }
    newest.ifPresent(
        checkpoint -> LOG.info("train {}: going on from '{}'", name(), checkpoint.directory()));
    TrainState template = template(directory.runId(), manifest, datasetSha256);
    TrainSpec spec =
        new TrainSpec(
            values.network(),
            values.masking(),
            values.optimizer(),
            values.train(),
            values.guard(),
            values.collective(),
            everywhere(dataset),
            everywhere(directory.checkpoints()),
            newest.isPresent() ? everywhere(newest.get().directory()) : "",
            values.cluster().threadsPerRank(),
            values.cluster().device(),
            values.cluster().allowCpuFallback(),
            0,
            List.of());
    RunTracking.Start start =
        new RunTracking.Start(spec.generation(), values.cluster().ranks(), step);
    try (RunTracking tracking = directory.tracking(name(), values.train(), start)) {
      DriverLog log =
          new DriverLog(
              name(), values.train().keepLast(), store, tracking, template, config.toJson());
      train(session.get(), spec, directory.runId(), log, store);
    }
    Checkpoint last =
        store
            .newest()
            .orElseThrow(() -> new TrainFailedException("Training ended without a checkpoint"));
    return new Result(last.state(), last.step() >= values.train().steps());
  }

  private void train(
      SparkSession session, TrainSpec spec, String runId, DriverLog log, CheckpointStore store)
      throws IOException {
    TrainPreconditions.check(session.sparkContext().getConf());
    ClusterConfig cluster = values.cluster();
    SparkSessions.requireSlots(session, cluster);
    RunIdentity run = new RunIdentity(runId, 0, cluster.ranks(), RunKey.random());
    String driverHost =
        cluster.driverHost().isEmpty()
            ? session.sparkContext().getConf().get("spark.driver.host")
            : cluster.driverHost();
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(TrainJob::timerThread);
    try (Coordinator coordinator =
        Coordinator.start(
            run, new PeerAddress(driverHost, cluster.driverPort()), Heartbeat.DEFAULT, log)) {
      StopSignals signals = StopSignals.listen(() -> stop(coordinator, "a signal asked to stop"));
      try {
        if (!values.train().timeLimit().isZero()) {
          ScheduledFuture<?> limit =
              timer.schedule(
                  () -> stop(coordinator, "train.time-limit is over"),
                  values.train().timeLimit().toMillis(),
                  TimeUnit.MILLISECONDS);
          LOG.debug("time limit {}", limit);
        }
        RankTask task =
            new RankTask(
                run,
                spec,
                driverHost,
                coordinator.address().port(),
                cluster.bindHost(),
                cluster.peerTimeout(),
                hadoop);
        BarrierJob job = BarrierJobs.submit(session, cluster.ranks(), "train " + name(), task);
        follow(coordinator, job, store);
      } finally {
        signals.close();
      }
    } finally {
      timer.shutdownNow();
      hadoop.destroy();
    }
  }

  /** Waits for the end of a job; a job that dies ends the run, and a run that ends ends the job. */
  private void follow(Coordinator coordinator, BarrierJob job, CheckpointStore store)
      throws IOException {
    Thread watcher = new Thread(() -> watch(coordinator, job), "train-watcher");
    watcher.setDaemon(true);
    watcher.start();
    try {
      coordinator.awaitJoined(values.cluster().startTimeout());
      LOG.info("train {}: {} ranks have joined", name(), values.cluster().ranks());
      job.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.cancel("the driver was interrupted");
      throw new TrainFailedException("Training was interrupted");
    } catch (RunAbortedException | CancellationException | BarrierFailedException e) {
      throw failed(coordinator, job, store, e);
    }
  }

  private TrainFailedException failed(
      Coordinator coordinator, BarrierJob job, CheckpointStore store, RuntimeException e)
      throws IOException {
    String cause = coordinator.firstCause().orElse(String.valueOf(e.getMessage()));
    coordinator.abort(cause);
    job.cancel(cause);
    Optional<Path> last = store.newest().map(Checkpoint::directory);
    return new TrainFailedException(failure(name(), cause, last), e);
  }

  /**
   * What a user is told.
   *
   * @param cause as the coordinator has it: the rank that reported it, the kind of failure, its
   *     message
   * @param last newest complete checkpoint
   */
  static String failure(String run, String cause, Optional<Path> last) {
    // All ranks find a loss that is not finite, and its message names the rank where it arose.
    String kind = NonFiniteLossException.class.getSimpleName() + ": ";
    int start = cause.indexOf(kind);
    String told = start < 0 ? cause : cause.substring(start + kind.length());
    String place =
        last.map(directory -> "last complete checkpoint: '" + directory + "'")
            .orElse("there is no checkpoint yet");
    String remedy =
        start >= 0
            ? ""
            : last.isPresent()
                ? "; the same command goes on from there"
                : "; the same command starts again";
    return "Training of '" + run + "' failed: " + told + " (" + place + remedy + ")";
  }

  private static void watch(Coordinator coordinator, BarrierJob job) {
    try {
      job.await();
    } catch (RuntimeException e) {
      coordinator.abort(String.valueOf(e.getMessage()));
    }
  }

  private void stop(Coordinator coordinator, String reason) {
    LOG.info("train {}: {}; stopping with a checkpoint", name(), reason);
    coordinator.requestStop();
  }

  private TrainState template(String runId, Manifest manifest, String datasetSha256) {
    return new TrainState(
        TrainState.SCHEMA_VERSION,
        new TrainState.Lineage(
            runId,
            name(),
            null,
            null,
            "pretrain",
            values.train().seed(),
            CodeVersion.current().toString()),
        new TrainState.Progress(0, 0, 0, 0, 0, 0, List.of(0L)),
        new TrainState.Dataset(
            datasetSha256,
            manifest.tokenizer().sha256(),
            manifest.tokenizer(),
            manifest.layout().sequenceLength()),
        new TrainState.Execution(
            TrainPlan.word(values.train().precision()),
            values.cluster().ranks(),
            values.cluster().threadsPerRank()),
        Map.of());
  }

  /** A path as ranks need it, whose working directories are not ours. */
  private String everywhere(Path path) throws IOException {
    return Storage.qualified(path, configuration).toString();
  }

  private String name() {
    return values.run().name();
  }

  private static Thread timerThread(Runnable task) {
    Thread thread = new Thread(task, "train-time-limit");
    thread.setDaemon(true);
    return thread;
  }
}
