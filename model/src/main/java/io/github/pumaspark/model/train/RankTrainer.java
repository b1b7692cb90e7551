package io.github.pumaspark.model.train;

import io.github.pumaspark.data.batch.DatasetOrder;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.masking.MaskingStrategies;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Everything that one rank of a run does, from opening the dataset to its last checkpoint. */
public final class RankTrainer {
  /** What a rank tells the driver and hears from it. */
  public interface Driver {
    /** Whether the driver asked to stop. */
    boolean stopRequested();

    /** Says that this rank got on; cheap. */
    void progressed(long step, String phase);

    /**
     * Hands on the numbers of a step; called on every rank, they are equal but for durations and
     * positions.
     */
    void stepCompleted(StepReport report);

    /** Hands on that a step was not like the others. */
    void event(TrainEvent event);

    /**
     * Reports the files that this rank wrote; any thread may call it, and it returns at once.
     *
     * @param files SHA-256 by file name
     */
    void checkpointWritten(TrainState.Progress progress, Map<String, String> files);

    /** Returns when the checkpoint of a step that was reported exists. */
    void awaitCommitted(long step);
  }

  private final TrainSpec spec;
  private final List<String> gpuAddresses;
  private final Configuration configuration;

  /**
   * @param gpuAddresses GPUs that the task was given; empty if none
   * @param configuration of the file systems
   */
  public RankTrainer(TrainSpec spec, List<String> gpuAddresses, Configuration configuration) {
    this.spec = spec;
    this.gpuAddresses = List.copyOf(gpuAddresses);
    this.configuration = configuration;
  }

  /**
   * Trains until the end of the run or a stop; on the calling thread.
   *
   * @param collective the caller's to close
   * @return the counters after the last step
   * @throws GuardException if a guard ends the run, on every rank alike
   * @throws RollbackException if the run shall go back to its newest checkpoint, on every rank
   *     alike
   * @throws IOException if the dataset cannot be opened
   */
  public TrainState.Progress run(Collective collective, Driver driver) throws IOException {
    TorchThread.prepare(spec.threads());
    ComputeDevice device = TorchThread.device(spec.device(), gpuAddresses, spec.allowCpuFallback());
    TrainConfig train = spec.train();
    int rank = collective.rank();
    int worldSize = collective.worldSize();
    try (TokenDataset dataset = TokenDataset.open(new Path(spec.dataset()), configuration)) {
      TokenizerSpec tokenizer = dataset.manifest().tokenizer();
      DatasetOrder order = new DatasetOrder(dataset, train.seed());
      try (Denoiser network =
          Denoiser.trainable(
              spec.network(),
              spec.network().vocabSizeOr(tokenizer.vocabSize()),
              tokenizer.maskId(),
              order.sequenceLength(),
              new ComputeSettings(
                  device,
                  train.precision(),
                  train.activationCheckpointing(),
                  staging(spec.collective(), device, worldSize)),
              collective::allocate)) {
        SegmentPlan plan =
            SegmentPlan.of(network.parameters().table().length(), spec.collective(), collective);
        try (AdamW optimizer = new AdamW(spec.optimizer(), network.parameters(), plan.segments());
            WeightAverage average =
                new WeightAverage(
                    spec.optimizer().emaDecay(), network.parameters(), plan.segments())) {
          int firstLane = lane(rank, worldSize);
          MaskingStrategy masking =
              MaskingStrategies.of(
                  spec.masking(),
                  order,
                  train.seed(),
                  train.globalBatchSize(),
                  firstLane,
                  lane(rank + 1, worldSize) - firstLane,
                  tokenizer.maskId());
          TrainState.Progress start = start(network, optimizer, average, masking);
          try (RankCheckpoint checkpoint =
              new RankCheckpoint(
                  new RankCheckpoint.Parts(
                      new Path(spec.checkpoints()),
                      configuration,
                      spec.generation(),
                      rank,
                      worldSize,
                      plan.stored(),
                      network.parameters(),
                      optimizer,
                      average,
                      masking),
                  driver)) {
            TrainState.Progress end =
                new TrainLoop(
                        train,
                        spec.guard(),
                        spec.skipSteps(),
                        new MaskedDenoising(train, firstLane, network, masking),
                        new Replica(network.parameters(), plan, optimizer, average, collective),
                        new LearningRateSchedule(
                            spec.optimizer().learningRate(),
                            spec.optimizer().warmupSteps(),
                            train.steps()),
                        new Listener(driver, checkpoint))
                    .run(start);
            checkpoint.finish();
            return end;
          }
        }
      }
    }
  }

  private TrainState.Progress start(
      Denoiser network, AdamW optimizer, WeightAverage average, MaskingStrategy masking) {
    if (!spec.resumeFrom().isEmpty()) {
      return ResumePoint.restore(
          new Path(spec.resumeFrom()),
          configuration,
          network.parameters(),
          optimizer,
          average,
          masking);
    }
    network.parameters().initialize(spec.train().seed());
    average.restart();
    return TrainState.Progress.initial();
  }

  /** How the gradient and the weights get to where they are exchanged. */
  static Staging staging(CollectiveConfig config, ComputeDevice device, int worldSize) {
    boolean isDirect =
        switch (config.staging()) {
          case AUTO -> !device.isGpu();
          case DIRECT -> true;
          case STAGED -> false;
        };
    if (isDirect && device.isGpu()) {
      throw new ConfigException(
          "Invalid collective.staging: direct (works on the CPU only; a GPU needs auto or staged)");
    }
    if (isDirect) {
      return Staging.DIRECT;
    }
    return config.wire() == CollectiveConfig.Wire.BF16 && worldSize > 1
        ? Staging.STAGED_BF16
        : Staging.STAGED;
  }

  private int lane(int rank, int worldSize) {
    return (int) ((long) spec.train().globalBatchSize() * rank / worldSize);
  }

  private record Listener(Driver driver, RankCheckpoint checkpoint) implements TrainListener {
    @Override
    public boolean stopRequested() {
      return driver.stopRequested();
    }

    @Override
    public void progressed(long step, String phase) {
      driver.progressed(step, phase);
    }

    @Override
    public void event(TrainEvent event) {
      driver.event(event);
    }

    @Override
    public void stepCompleted(StepReport report) {
      driver.stepCompleted(report);
    }

    @Override
    public void checkpoint(TrainState.Progress progress) {
      driver.progressed(progress.step(), "checkpoint");
      checkpoint.start(progress);
    }

    @Override
    public void beforeUpdate() {
      checkpoint.awaitSnapshot();
    }
  }
}
