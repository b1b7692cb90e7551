package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.SoloCollective;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.TorchProgram;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.masking.MaskingStrategies;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The training step on random tokens on the CPU: the same loop, network, optimizer, masking and
 * exchange as a run over a dataset, without dataset.
 *
 * <p>Not thread-safe: everything on the thread that opened it. Owns all native memory until closed.
 */
public final class SyntheticRun implements AutoCloseable {
  private final Denoiser network;
  private final AdamW optimizer;
  private final WeightAverage average;
  private final MaskingStrategy masking;
  private final SegmentPlan plan;
  private final Collective collective;
  private final TrainLoop loop;
  private final long maskablePerStep;
  private final StopAfter listener = new StopAfter();
  private TrainState.Progress progress = TrainState.Progress.initial();
  private @Nullable RankCheckpoint checkpoint;

  private SyntheticRun(
      NetworkConfig config,
      MaskingConfig maskingConfig,
      OptimizerConfig optimizerConfig,
      TrainConfig train,
      int promptLength,
      CollectiveConfig collectiveConfig,
      Collective collective) {
    int length = config.maxPositions();
    int batch = train.globalBatchSize();
    int maskTokenId = config.vocabSize() - 1;
    this.maskablePerStep = (long) batch * (length - promptLength);
    this.collective = collective;
    this.network =
        Denoiser.trainable(
            config,
            config.vocabSize(),
            maskTokenId,
            length,
            new ComputeSettings(
                ComputeDevice.cpu(),
                train.precision(),
                train.activationCheckpointing(),
                RankTrainer.staging(collectiveConfig, ComputeDevice.cpu(), collective.worldSize())),
            collective::allocate);
    try {
      network.parameters().initialize(train.seed());
      this.plan =
          SegmentPlan.of(network.parameters().table().length(), collectiveConfig, collective);
      this.optimizer = new AdamW(optimizerConfig, network.parameters(), plan.segments());
      this.average =
          new WeightAverage(optimizerConfig.emaDecay(), network.parameters(), plan.segments());
      average.restart();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
    int firstLane = lane(batch, collective.rank());
    this.masking =
        MaskingStrategies.of(
            maskingConfig,
            new SyntheticSequences(length, promptLength, maskTokenId),
            train.seed(),
            batch,
            firstLane,
            lane(batch, collective.rank() + 1) - firstLane,
            maskTokenId);
    this.loop =
        new TrainLoop(
            endless(train),
            GuardConfig.standard(),
            List.of(),
            new MaskedDenoising(train, firstLane, network, masking),
            new Replica(network.parameters(), plan, optimizer, average, collective),
            new LearningRateSchedule(
                optimizerConfig.learningRate(), optimizerConfig.warmupSteps(), Integer.MAX_VALUE),
            listener);
  }

  /** A run of one rank, as {@link #openRank}. */
  public static SyntheticRun open(
      NetworkConfig network,
      MaskingConfig masking,
      OptimizerConfig optimizer,
      TrainConfig train,
      int promptLength,
      int threads) {
    return openRank(
        network,
        masking,
        optimizer,
        train,
        promptLength,
        threads,
        CollectiveConfig.standard(),
        new SoloCollective());
  }

  /**
   * Allocates and initializes everything for one rank; the calling thread computes with {@code
   * threads} threads from now on. All ranks open with equal settings and run equally many steps.
   *
   * @param network with {@code vocabSize} and {@code maxPositions} given; rows have {@code
   *     maxPositions} tokens, the last id is the mask token
   * @param train of which seed, batch sizes, precision and activation checkpointing count; the
   *     global batch is that of all ranks
   * @param promptLength positions at the start of a row that are never masked, in [0, L)
   * @param collectiveConfig of which bucket size, wire, staging and sharding count
   * @param collective the caller's to close, after this
   */
  public static SyntheticRun openRank(
      NetworkConfig network,
      MaskingConfig masking,
      OptimizerConfig optimizer,
      TrainConfig train,
      int promptLength,
      int threads,
      CollectiveConfig collectiveConfig,
      Collective collective) {
    Check.argument(
        network.vocabSize() > 1 && network.maxPositions() > 0,
        "network.vocab-size and network.max-positions must be given: %s, %s",
        network.vocabSize(),
        network.maxPositions());
    Check.argument(
        0 <= promptLength && promptLength < network.maxPositions(),
        "prompt length must be in [0, %s): %s",
        network.maxPositions(),
        promptLength);
    Check.argument(
        train.globalBatchSize() >= collective.worldSize(),
        "the global batch must have a row for every rank: %s",
        train.globalBatchSize());
    TorchThread.prepare(threads);
    return new SyntheticRun(
        network, masking, optimizer, train, promptLength, collectiveConfig, collective);
  }

  /**
   * One step as measured.
   *
   * @param seconds wall clock
   * @param secondsInLibtorch of {@code seconds}, inside methods of TorchScript programs
   * @param maskedPositions over the batch
   * @param loss mean over the batch
   * @param phaseSeconds by the names of {@link StepReport#phaseSeconds}
   */
  public record Step(
      double seconds,
      double secondsInLibtorch,
      long maskedPositions,
      double loss,
      Map<String, Double> phaseSeconds) {}

  /**
   * Trains on from where the last call ended.
   *
   * @param steps at least 1
   * @throws GuardException if the loss is not finite
   */
  public List<Step> run(int steps) {
    Check.argument(steps > 0, "steps must be positive: %s", steps);
    listener.begin(steps);
    progress = loop.run(progress);
    return List.copyOf(listener.measured);
  }

  /**
   * From now on, a checkpoint is begun after the last step of every {@link #run}, as a training run
   * would; the next call begins with the step in which it is copied. Nobody commits it.
   *
   * @param directory of checkpoints, beneath which the files are written
   */
  public void checkpointAfterRuns(Path directory, Configuration configuration) {
    Check.argument(checkpoint == null, "there are checkpoints already");
    checkpoint =
        new RankCheckpoint(
            new RankCheckpoint.Parts(
                directory,
                configuration,
                0,
                collective.rank(),
                collective.worldSize(),
                plan.stored(),
                network.parameters(),
                optimizer,
                average,
                masking),
            new NoDriver());
  }

  /** Returns when the files of the checkpoint that was begun last are written. */
  public void awaitCheckpoint() {
    if (checkpoint != null) {
      checkpoint.finish();
    }
  }

  @Override
  public void close() {
    if (checkpoint != null) {
      checkpoint.close();
    }
    average.close();
    optimizer.close();
    network.close();
  }

  private int lane(int batch, int rank) {
    return (int) ((long) batch * rank / collective.worldSize());
  }

  private static TrainConfig endless(TrainConfig train) {
    return new TrainConfig(
        train.seed(),
        Integer.MAX_VALUE,
        train.globalBatchSize(),
        train.microBatchSize(),
        train.precision(),
        train.activationCheckpointing(),
        Integer.MAX_VALUE,
        train.keepLast(),
        train.keepEvery(),
        train.logEvery(),
        train.ledger(),
        train.timeLimit());
  }

  private final class StopAfter implements TrainListener {
    private final List<Step> measured = new ArrayList<>();
    private int wanted;
    private long start;
    private long libtorchStart;
    private long nanosBetweenRuns;

    void begin(int steps) {
      measured.clear();
      wanted = steps;
      mark();
      // What a checkpoint takes of this thread belongs to the step after it.
      start -= nanosBetweenRuns;
      nanosBetweenRuns = 0;
    }

    private void mark() {
      start = System.nanoTime();
      libtorchStart = TorchProgram.nanosInCalls();
    }

    @Override
    public boolean stopRequested() {
      return measured.size() + 1 >= wanted;
    }

    @Override
    public void stepCompleted(StepReport report) {
      measured.add(
          new Step(
              (System.nanoTime() - start) * 1e-9,
              (TorchProgram.nanosInCalls() - libtorchStart) * 1e-9,
              Math.round(report.maskRatio() * maskablePerStep),
              report.loss(),
              report.phaseSeconds()));
      mark();
    }

    @Override
    public void checkpoint(TrainState.Progress after) {
      if (checkpoint != null) {
        long begun = System.nanoTime();
        checkpoint.start(after);
        nanosBetweenRuns = System.nanoTime() - begun;
      }
    }

    @Override
    public void beforeUpdate() {
      if (checkpoint != null) {
        checkpoint.awaitSnapshot();
      }
    }
  }

  private record NoDriver() implements RankTrainer.Driver {
    @Override
    public boolean stopRequested() {
      return false;
    }

    @Override
    public void progressed(long step, String phase) {}

    @Override
    public void stepCompleted(StepReport report) {}

    @Override
    public void event(TrainEvent event) {}

    @Override
    public void checkpointWritten(TrainState.Progress after, Map<String, String> files) {}

    @Override
    public void awaitCommitted(long step) {}
  }
}
