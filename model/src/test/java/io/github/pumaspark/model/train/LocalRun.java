package io.github.pumaspark.model.train;

import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.CollectiveConfig.StagingChoice;
import io.github.pumaspark.model.collective.CollectiveConfig.Wire;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.engine.Precision;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.ActivationCheckpointing;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A run in a directory, with ranks as threads and checkpoints as the driver would make them. */
final class LocalRun {
  static final NetworkConfig NETWORK =
      new NetworkConfig(
          0, 0, 16, 1, 2, 1, 24, 10_000, 1e-6, false, false, 0, 0.1, NetworkProfile.DEFAULT);
  static final OptimizerConfig OPTIMIZER =
      new OptimizerConfig(1e-2, 0.9, 0.95, 1e-8, 0.01, 1, 2, 0);
  static final MaskingConfig RANDOM = new MaskingConfig(MaskingConfig.Strategy.RANDOM, 3, 1);
  static final MaskingConfig PROGRESSIVE =
      new MaskingConfig(MaskingConfig.Strategy.PROGRESSIVE, 3, 3);

  final List<StepReport> reports = new ArrayList<>();
  private final TrainSpec spec;
  private final Configuration configuration;
  private final Map<String, String> files = new TreeMap<>();
  private final Map<Integer, Integer> steps = new HashMap<>();
  private final SortedMap<Long, SortedMap<Integer, List<Long>>> positions = new TreeMap<>();
  private int stopRank = -1;
  private int stopStep = -1;

  LocalRun(TrainSpec spec, Configuration configuration) {
    this.spec = spec;
    this.configuration = configuration;
  }

  static TrainSpec spec(
      Path dataset, Path checkpoints, MaskingConfig masking, OptimizerConfig optimizer, int steps) {
    return spec(dataset, checkpoints, masking, optimizer, steps, 1000);
  }

  static TrainSpec spec(
      Path dataset,
      Path checkpoints,
      MaskingConfig masking,
      OptimizerConfig optimizer,
      int steps,
      int checkpointEvery) {
    return new TrainSpec(
        NETWORK,
        masking,
        optimizer,
        new TrainConfig(
            3,
            steps,
            6,
            0,
            Precision.FP32,
            ActivationCheckpointing.NONE,
            checkpointEvery,
            0,
            0,
            1,
            false,
            Duration.ZERO),
        GuardConfig.standard(),
        CollectiveConfig.standard(),
        dataset.toString(),
        checkpoints.toString(),
        "",
        1,
        DeviceChoice.CPU,
        false,
        0,
        List.of());
  }

  /** Seven rows a step, a ledger, a moving average, progressive masking; nothing is stored. */
  static TrainSpec guarded(
      Path dataset,
      int steps,
      GuardConfig guard,
      CollectiveConfig collective,
      List<Long> skipSteps) {
    return new TrainSpec(
        NETWORK,
        PROGRESSIVE,
        new OptimizerConfig(1e-2, 0.9, 0.95, 1e-8, 0.01, 1, 2, 0.99),
        new TrainConfig(
            3,
            steps,
            7,
            0,
            Precision.FP32,
            ActivationCheckpointing.NONE,
            1000,
            0,
            0,
            1,
            true,
            Duration.ZERO),
        guard,
        collective,
        dataset.toString(),
        "",
        "",
        1,
        DeviceChoice.CPU,
        false,
        0,
        skipSteps);
  }

  /** The same run from a checkpoint on. */
  static TrainSpec resumed(TrainSpec spec, Path checkpoint) {
    return spec.attempt(spec.generation(), checkpoint.toString(), spec.skipSteps());
  }

  /** The same run with a ledger. */
  static TrainSpec withLedger(TrainSpec spec) {
    TrainConfig train = spec.train();
    return with(
        spec,
        new TrainConfig(
            train.seed(),
            train.steps(),
            train.globalBatchSize(),
            train.microBatchSize(),
            train.precision(),
            train.activationCheckpointing(),
            train.checkpointEvery(),
            train.keepLast(),
            train.keepEvery(),
            train.logEvery(),
            true,
            train.timeLimit()),
        spec.collective());
  }

  /** The same run with all moments on every rank. */
  static TrainSpec unsharded(TrainSpec spec) {
    return with(spec, spec.train(), collective(Wire.FP32, StagingChoice.AUTO, false));
  }

  static CollectiveConfig collective(Wire wire, StagingChoice staging, boolean isSharded) {
    CollectiveConfig standard = CollectiveConfig.standard();
    return new CollectiveConfig(
        standard.bucketMegabytes(),
        standard.path(),
        standard.sharedDirectory(),
        standard.connections(),
        wire,
        staging,
        isSharded,
        standard.encryption());
  }

  private static TrainSpec with(TrainSpec spec, TrainConfig train, CollectiveConfig collective) {
    return new TrainSpec(
        spec.network(),
        spec.masking(),
        spec.optimizer(),
        train,
        spec.guard(),
        collective,
        spec.dataset(),
        spec.checkpoints(),
        spec.resumeFrom(),
        spec.threads(),
        spec.device(),
        spec.allowCpuFallback(),
        spec.generation(),
        spec.skipSteps());
  }

  /** Positions of all ranks by step, in the order of lanes. */
  synchronized SortedMap<Long, List<Long>> ledger() {
    SortedMap<Long, List<Long>> ledger = new TreeMap<>();
    positions.forEach(
        (step, byRank) ->
            ledger.put(step, byRank.values().stream().flatMap(List::stream).toList()));
    return ledger;
  }

  /** One rank is asked to stop in the given step, counted from this run's first. */
  LocalRun stopping(int rank, int step) {
    stopRank = rank;
    stopStep = step;
    return this;
  }

  /** Trains; returns the counters of every rank. */
  List<TrainState.Progress> train(List<? extends Collective> world) throws Exception {
    CyclicBarrier allWritten = new CyclicBarrier(world.size());
    return LocalRanks.run(
        world,
        collective ->
            new RankTrainer(spec, List.of(), configuration)
                .run(collective, new Driver(collective, allWritten)));
  }

  CheckpointStore store() {
    return new CheckpointStore(new Path(spec.checkpoints()), configuration);
  }

  Checkpoint newest() throws IOException {
    return store().newest().orElseThrow();
  }

  /** Makes the checkpoint of files that ranks have written. */
  Checkpoint commit(TrainState.Progress progress, Map<String, String> written, int worldSize)
      throws IOException {
    Path dataset = new Path(spec.dataset());
    return store()
        .commit(
            new TrainState(
                TrainState.SCHEMA_VERSION,
                new TrainState.Lineage(
                    "run-1", "test", null, null, "pretrain", spec.train().seed(), "test"),
                progress,
                new TrainState.Dataset(
                    ManifestFile.sha256(dataset, configuration),
                    CountingDataset.TOKENIZER.sha256(),
                    CountingDataset.TOKENIZER,
                    CountingDataset.LENGTH),
                new TrainState.Execution("fp32", worldSize, spec.threads()),
                written),
            "{}",
            spec.generation());
  }

  private synchronized void note(int rank, StepReport report) {
    positions.computeIfAbsent(report.step(), step -> new TreeMap<>()).put(rank, report.positions());
  }

  private synchronized void add(Map<String, String> written) {
    files.putAll(written);
  }

  private synchronized boolean isStopDue(int rank) {
    return steps.merge(rank, 1, Integer::sum) == stopStep && rank == stopRank;
  }

  private synchronized Map<String, String> takeFiles() {
    Map<String, String> all = new TreeMap<>(files);
    files.clear();
    return all;
  }

  private final class Driver implements RankTrainer.Driver {
    private final Collective collective;
    private final CyclicBarrier allWritten;

    Driver(Collective collective, CyclicBarrier allWritten) {
      this.collective = collective;
      this.allWritten = allWritten;
    }

    @Override
    public boolean stopRequested() {
      return isStopDue(collective.rank());
    }

    @Override
    public void stepCompleted(StepReport report) {
      note(collective.rank(), report);
      if (collective.rank() == 0) {
        reports.add(report);
      }
    }

    @Override
    public void progressed(long step, String phase) {}

    @Override
    public void event(TrainEvent event) {}

    @Override
    public void awaitCommitted(long step) {}

    @Override
    public void checkpointWritten(TrainState.Progress progress, Map<String, String> written) {
      add(written);
      try {
        allWritten.await(60, TimeUnit.SECONDS);
        Optional<Checkpoint> made =
            collective.rank() == 0
                ? Optional.of(commit(progress, takeFiles(), collective.worldSize()))
                : Optional.empty();
        made.ifPresent(checkpoint -> assertStep(checkpoint, progress));
        allWritten.await(60, TimeUnit.SECONDS);
      } catch (IOException | InterruptedException | BrokenBarrierException | TimeoutException e) {
        throw new IllegalStateException(e);
      }
    }

    private static void assertStep(Checkpoint checkpoint, TrainState.Progress progress) {
      if (checkpoint.step() != progress.step()) {
        throw new AssertionError(checkpoint + " is not of step " + progress.step());
      }
    }
  }
}
