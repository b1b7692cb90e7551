package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.jobs.spark.ExecutorSlot;
import io.github.pumaspark.jobs.spark.ExecutorSlots;
import io.github.pumaspark.jobs.spark.TrainPreconditions;
import io.github.pumaspark.jobs.tracking.RunTracking;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import io.github.pumaspark.model.coordination.Failure;
import io.github.pumaspark.model.train.TrainSpec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs generations of a run until it is finished or asked to stop: each goes on from the newest
 * checkpoint, with whatever executors there are, and the failure of one leads to the next as far as
 * {@link RetryPolicy} allows. Used once; driver only.
 */
final class FailureLoop {
  private static final Logger LOG = LoggerFactory.getLogger(FailureLoop.class);

  /** How long a task may go on after its generation has ended before its process is replaced. */
  private static final Duration DRAIN = Duration.ofSeconds(10);

  private final EffectiveConfig config;
  private final RunConfig values;
  private final ClusterConfig cluster;
  private final RunDirectory directory;
  private final CheckpointStore store;
  private final TrainState template;
  private final TrainSpec spec;
  private final SparkSession session;
  private final ExecutorSlots slots;
  private final StopRequest stop;
  private final RunLease lease;
  private final HostHistory hosts = new HostHistory();
  private List<ExecutorSlot> executors = List.of();
  private RunState state;
  private int generations;
  private int failures;

  /**
   * @param template everything of a checkpoint's state but counters and files
   * @param spec of which generation, checkpoint and steps to skip are still to be filled in
   */
  FailureLoop(
      EffectiveConfig config,
      RunDirectory directory,
      TrainState template,
      TrainSpec spec,
      SparkSession session,
      StopRequest stop,
      RunLease lease)
      throws IOException {
    this.config = config;
    this.values = config.values();
    this.cluster = values.cluster();
    this.directory = directory;
    this.store = directory.store();
    this.template = template;
    this.spec = spec;
    this.session = session;
    this.slots = new ExecutorSlots(session.sparkContext());
    this.stop = stop;
    this.lease = lease;
    this.state = directory.state();
  }

  /**
   * Runs until the end.
   *
   * @throws ConfigException if a rank found that the user has to change something
   * @throws TrainFailedException if a failure cannot be repaired, or too many came in a row
   */
  TrainJob.Result run() throws IOException {
    RetryPolicy policy =
        new RetryPolicy(
            cluster.maxFailures(),
            cluster.backoff(),
            values.guard().maxRollbacks(),
            step(store.newest()));
    JavaSparkContext context = JavaSparkContext.fromSparkContext(session.sparkContext());
    Broadcast<SerializableConfiguration> hadoop =
        context.broadcast(new SerializableConfiguration(context.hadoopConfiguration()));
    try {
      while (!isToStop()) {
        try {
          generation(hadoop);
          break;
        } catch (GenerationFailedException e) {
          failures++;
          repair(e, policy);
        }
      }
      Optional<Checkpoint> newest = store.newest();
      return new TrainJob.Result(
          newest.map(Checkpoint::state).orElse(template),
          step(newest) >= values.train().steps(),
          generations,
          failures);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TrainFailedException("Training was interrupted", e);
    } finally {
      hadoop.destroy();
    }
  }

  private void generation(Broadcast<SerializableConfiguration> hadoop)
      throws IOException, InterruptedException {
    List<ExecutorSlot> free = freeExecutors();
    if (isToStop()) {
      return;
    }
    int worldSize = Math.min(free.size(), cluster.mostRanks());
    executors = hosts.choose(free, worldSize);
    hosts
        .badHosts(executors)
        .forEach(
            host ->
                LOG.warn(
                    "train {}: ranks failed repeatedly on host '{}', and there are not enough other"
                        + " executors",
                    name(),
                    host));
    // Before any rank can know the number, so that no later driver takes it again.
    state = state.nextGeneration();
    directory.save(state);
    generations++;
    store.sweep(state.generation());
    Optional<Checkpoint> newest = store.newest();
    String from = newest.isPresent() ? newest.get().directory().toString() : "";
    LOG.info(
        "train {}: generation {} on {} ranks from {}",
        name(),
        state.generation(),
        worldSize,
        newest.isPresent() ? "'" + from + "'" : "initial weights");
    RunIdentity identity =
        new RunIdentity(
            directory.runId(),
            state.generation(),
            worldSize,
            RunKey.random(),
            TrainPreconditions.isEncrypted(session.sparkContext().getConf(), values.collective()));
    try (RunTracking tracking =
        directory.tracking(
            name(),
            values.train(),
            new RunTracking.Start(state.generation(), worldSize, step(newest)))) {
      DriverLog listener =
          new DriverLog(
              name(),
              values.train(),
              state.generation(),
              store,
              tracking,
              template(worldSize),
              config.toJson(),
              lease);
      Generation generation =
          new Generation(
              values,
              identity,
              spec.attempt(state.generation(), from, state.skipSteps()),
              executors,
              worldSize < free.size());
      try {
        generation.run(session, hadoop, listener, stop, lease);
      } catch (GenerationFailedException e) {
        tracking.failed(e.failure().message());
        throw e;
      }
    }
  }

  /** A first attempt is always made, so that a run with a short time limit gets on nevertheless. */
  private boolean isToStop() {
    return stop.isRequested() && generations + failures > 0;
  }

  private List<ExecutorSlot> freeExecutors() {
    List<ExecutorSlot> free =
        slots.await(cluster.ranks(), cluster.replacementTimeout(), this::isToStop);
    if (free.size() < cluster.fewestRanks() && !isToStop()) {
      throw new GenerationFailedException(
          Failure.ofDriver(
              "Cannot go on: need %s free executors, have %s after %s s"
                  .formatted(
                      cluster.fewestRanks(),
                      free.size(),
                      cluster.replacementTimeout().toSeconds())));
    }
    if (free.size() < cluster.ranks() && !isToStop()) {
      LOG.warn(
          "train {}: going on with {} ranks: have {} executors, cluster.ranks = {},"
              + " cluster.min-ranks = {}",
          name(),
          free.size(),
          free.size(),
          cluster.ranks(),
          cluster.fewestRanks());
    }
    return free;
  }

  private void repair(GenerationFailedException failed, RetryPolicy policy)
      throws IOException, InterruptedException {
    long since = System.nanoTime();
    Failure failure = failed.failure();
    failed
        .place()
        .ifPresent(
            place -> {
              if (failure.kind().holdsItsProcess()) {
                slots.replace(place.executor());
              }
              if (failure.kind().isOfItsHost()) {
                hosts.failed(place.host());
              }
            });
    slots.drain(executors, DRAIN);
    requireLease(failed);
    Optional<Checkpoint> newest = store.newest();
    RetryPolicy.Next next = policy.next(failure, step(newest), state.skipSteps().size());
    if (next instanceof RetryPolicy.End end) {
      throw ended(failed, end, newest.map(Checkpoint::directory));
    } else if (next instanceof RetryPolicy.Rollback rollback) {
      state = state.skipping(rollback.step());
      directory.save(state);
      LOG.warn(
          "train {}: generation {} rolls back: {}; going on from step {} without the update of {}",
          name(),
          state.generation(),
          failure.message(),
          step(newest),
          rollback.step());
    } else if (next instanceof RetryPolicy.Retry retry) {
      LOG.warn(
          "train {}: generation {} failed ({} of {} in a row): {}; going on from step {} in {} s",
          name(),
          state.generation(),
          retry.attempt(),
          cluster.maxFailures(),
          failure.message(),
          step(newest),
          retry.backoff().toMillis() / 1000.0);
      stop.await(retry.backoff().minusNanos(System.nanoTime() - since));
    }
  }

  private void requireLease(GenerationFailedException failed) {
    if (!lease.isHeld()) {
      throw new TrainFailedException(
          "Training of '%s' failed: another process may work in '%s' now (%s)"
              .formatted(name(), values.run().directory(), failed.getMessage()),
          failed);
    }
  }

  private RuntimeException ended(
      GenerationFailedException failed, RetryPolicy.End end, Optional<Path> last) {
    Failure failure = failed.failure();
    if (failure.kind() == Failure.Kind.USER) {
      ConfigException told = new ConfigException(failure.message());
      told.initCause(failed);
      return told;
    }
    String limit = end.limit().isEmpty() ? "" : "; " + end.limit() + " is reached";
    boolean isWorthAnotherTry =
        failure.kind() != Failure.Kind.FATAL && failure.kind() != Failure.Kind.ROLLBACK;
    return new TrainFailedException(
        TrainFailedException.message(name(), failure.message() + limit, last, isWorthAnotherTry),
        failed);
  }

  private TrainState template(int worldSize) {
    return new TrainState(
        template.schemaVersion(),
        template.lineage(),
        template.progress(),
        template.dataset(),
        new TrainState.Execution(
            template.execution().precision(), worldSize, template.execution().threads()),
        template.files());
  }

  private String name() {
    return values.run().name();
  }

  private static long step(Optional<Checkpoint> checkpoint) {
    return checkpoint.map(Checkpoint::step).orElse(0L);
  }
}
