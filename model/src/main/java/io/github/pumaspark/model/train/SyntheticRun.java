package io.github.pumaspark.model.train;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.collective.SoloCollective;
import io.github.pumaspark.model.coordination.StepReport;
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

/**
 * The training step on random tokens, one rank on the CPU: the same loop, network, optimizer and
 * masking as a run over a dataset, without dataset, checkpoints and other ranks.
 *
 * <p>Not thread-safe: everything on the thread that opened it. Owns all native memory until closed.
 */
public final class SyntheticRun implements AutoCloseable {
  private final Denoiser network;
  private final AdamW optimizer;
  private final WeightAverage average;
  private final Buckets buckets;
  private final TrainLoop loop;
  private final long maskablePerStep;
  private final StopAfter listener = new StopAfter();
  private TrainState.Progress progress = TrainState.Progress.initial();

  private SyntheticRun(
      NetworkConfig config,
      MaskingConfig maskingConfig,
      OptimizerConfig optimizerConfig,
      TrainConfig train,
      int promptLength) {
    int length = config.maxPositions();
    int batch = train.globalBatchSize();
    int maskTokenId = config.vocabSize() - 1;
    this.maskablePerStep = (long) batch * (length - promptLength);
    this.network =
        Denoiser.trainable(
            config,
            config.vocabSize(),
            maskTokenId,
            length,
            new ComputeSettings(
                ComputeDevice.cpu(), train.precision(), train.activationCheckpointing()));
    try {
      network.parameters().initialize(train.seed());
      this.buckets = Buckets.of(network.parameters().table().length(), CollectiveConfig.standard());
      List<Segment> owned = buckets.owned(0, 1);
      this.optimizer = new AdamW(optimizerConfig, network.parameters(), owned);
      this.average = new WeightAverage(optimizerConfig.emaDecay(), network.parameters(), owned);
      average.restart();
    } catch (RuntimeException e) {
      network.close();
      throw e;
    }
    SyntheticSequences source = new SyntheticSequences(length, promptLength, maskTokenId);
    MaskingStrategy masking =
        MaskingStrategies.of(maskingConfig, source, train.seed(), batch, 0, batch, maskTokenId);
    this.loop =
        new TrainLoop(
            endless(train),
            0,
            network,
            optimizer,
            average,
            new LearningRateSchedule(
                optimizerConfig.learningRate(), optimizerConfig.warmupSteps(), Integer.MAX_VALUE),
            masking,
            buckets,
            new SoloCollective(),
            listener);
  }

  /**
   * Allocates and initializes everything; the calling thread computes with {@code threads} threads
   * from now on.
   *
   * @param network with {@code vocabSize} and {@code maxPositions} given; rows have {@code
   *     maxPositions} tokens, the last id is the mask token
   * @param train of which seed, batch sizes, precision and activation checkpointing count
   * @param promptLength positions at the start of a row that are never masked, in [0, L)
   */
  public static SyntheticRun open(
      NetworkConfig network,
      MaskingConfig masking,
      OptimizerConfig optimizer,
      TrainConfig train,
      int promptLength,
      int threads) {
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
    TorchThread.prepare(threads);
    return new SyntheticRun(network, masking, optimizer, train, promptLength);
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
   * @throws NonFiniteLossException if the loss is not finite
   */
  public List<Step> run(int steps) {
    Check.argument(steps > 0, "steps must be positive: %s", steps);
    listener.begin(steps);
    progress = loop.run(progress);
    return List.copyOf(listener.measured);
  }

  @Override
  public void close() {
    average.close();
    optimizer.close();
    network.close();
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

    void begin(int steps) {
      measured.clear();
      wanted = steps;
      mark();
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
    public void checkpoint(TrainState.Progress ignored) {}
  }
}
