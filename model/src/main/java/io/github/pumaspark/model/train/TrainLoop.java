package io.github.pumaspark.model.train;

import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.GradientListener;
import io.github.pumaspark.model.network.Parameters;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Trains on one rank until the last step or a stop. All ranks run the same loop in lockstep and
 * hold the same weights after every step.
 *
 * <p>Owns none of its parts. Not thread-safe; runs on a thread prepared by {@code TorchThread}.
 */
final class TrainLoop {
  /*
   * One step: mask, forward and backward, reduce-scatter of the gradient, one record from every rank,
   * AdamW on the owned part, all-gather of the weights. A rank adds the gradient of (1 / global batch) x
   * the sum over its rows, so the sum over ranks is the gradient of the mean, however rows are spread.
   * Everything that could differ between ranks (stop, a loss that is not finite, finished rows) goes
   * through the records, which every rank reads in the same order.
   */
  private final TrainConfig config;
  private final Denoiser network;
  private final AdamW optimizer;
  private final WeightAverage average;
  private final LearningRateSchedule schedule;
  private final MaskingStrategy masking;
  private final Buckets buckets;
  private final Collective collective;
  private final TrainListener listener;
  private final MicroBatches microBatches;

  /**
   * A loop over parts that are already at the state after {@code progress} of {@link #run}.
   *
   * @param firstRow number of this rank's first row in the global batch
   */
  TrainLoop(
      TrainConfig config,
      int firstRow,
      Denoiser network,
      AdamW optimizer,
      WeightAverage average,
      LearningRateSchedule schedule,
      MaskingStrategy masking,
      Buckets buckets,
      Collective collective,
      TrainListener listener) {
    this.config = config;
    this.network = network;
    this.optimizer = optimizer;
    this.average = average;
    this.schedule = schedule;
    this.masking = masking;
    this.buckets = buckets;
    this.collective = collective;
    this.listener = listener;
    this.microBatches =
        new MicroBatches(
            network, config.microBatchSize(), config.globalBatchSize(), config.seed(), firstRow);
  }

  /**
   * Trains from a state to the end of the run or to a stop, with a checkpoint after every {@code
   * checkpointEvery} steps and after the last.
   *
   * @return the counters after the last step; a step before {@code config.steps()} means stopped
   * @throws NonFiniteLossException on every rank alike, before the update
   */
  TrainState.Progress run(TrainState.Progress start) {
    TrainState.Progress progress = start;
    long before = System.nanoTime();
    while (progress.step() < config.steps()) {
      long step = progress.step() + 1;
      Outcome outcome = step(step);
      long now = System.nanoTime();
      progress =
          new TrainState.Progress(
              step,
              progress.tokens() + (long) config.globalBatchSize() * network.sequenceLength(),
              masking.cursor(),
              progress.seconds() + (now - before) * 1e-9,
              schedule.at(step),
              schedule.decayed(step),
              List.of(masking.cursor()));
      before = now;
      listener.stepCompleted(outcome.report(progress));
      if (outcome.stop || step % config.checkpointEvery() == 0 || step == config.steps()) {
        listener.checkpoint(progress);
        before = System.nanoTime();
      }
      if (outcome.stop) {
        return progress;
      }
    }
    return progress;
  }

  private record Outcome(
      double loss,
      double maskRatio,
      double gradientNorm,
      boolean stop,
      Map<String, Double> phaseSeconds) {
    StepReport report(TrainState.Progress progress) {
      return new StepReport(
          progress.step(),
          loss,
          maskRatio,
          gradientNorm,
          progress.learningRate(),
          progress.sequences(),
          progress.tokens(),
          progress.seconds(),
          phaseSeconds,
          List.of());
    }
  }

  private Outcome step(long step) {
    PhaseClock clock = new PhaseClock();
    MaskedBatch batch = masking.next(step);
    clock.end("masking");
    Parameters parameters = network.parameters();
    parameters.zeroGradient();
    MicroBatches.Result result = microBatches.run(batch, GradientListener.none());
    clock.end("backward", "forward", result.forwardSeconds());
    BitSet finished = masking.observe(result.confidence());
    clock.end("masking");
    int length = parameters.table().length();
    parameters.gradientToHost(0, length);
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      collective.startReduceScatter(
          parameters.hostGradient(), buckets.start(bucket), buckets.end(bucket));
    }
    collective.await();
    parameters.gradientFromHost(0, length);
    clock.end("communication");
    RankRecord own =
        new RankRecord(
            result.lossSum(),
            IntStream.range(0, buckets.count()).mapToDouble(optimizer::gradientSquaredNorm).sum(),
            batch.positions().length,
            batch.maskableCount(),
            listener.stopRequested(),
            finished);
    clock.end("optimizer");
    List<RankRecord> records =
        collective.gatherRecords(own.encode()).stream().map(RankRecord::decode).toList();
    clock.end("communication");

    double loss = 0;
    double squaredNorm = 0;
    long masked = 0;
    long maskable = 0;
    boolean stop = false;
    for (int rank = 0; rank < records.size(); rank++) {
      RankRecord record = records.get(rank);
      if (!Double.isFinite(record.lossSum())) {
        throw NonFiniteLossException.ofLoss(rank, step);
      }
      loss += record.lossSum();
      squaredNorm += record.gradientSquaredNorm();
      masked += record.maskedCount();
      maskable += record.maskableCount();
      stop |= record.stop();
    }
    // Sums over ranks do not tell whose addend it was; so losses are looked at first.
    if (!Double.isFinite(squaredNorm)) {
      throw NonFiniteLossException.ofGradient(step);
    }
    double norm = Math.sqrt(squaredNorm);
    listener.beforeUpdate();
    optimizer.begin(schedule.at(step), norm);
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      optimizer.update(bucket);
      average.update(bucket, step);
    }
    clock.end("optimizer");
    parameters.weightsToHost(0, length);
    for (int bucket = 0; bucket < buckets.count(); bucket++) {
      collective.startAllGather(
          parameters.hostWeights(), buckets.start(bucket), buckets.end(bucket));
    }
    collective.await();
    parameters.weightsFromHost(0, length);
    clock.end("communication");
    masking.advance(collective.rank(), records.stream().map(RankRecord::finished).toList());
    clock.end("masking");
    return new Outcome(loss, masked / (double) Math.max(1, maskable), norm, stop, clock.seconds());
  }
}
