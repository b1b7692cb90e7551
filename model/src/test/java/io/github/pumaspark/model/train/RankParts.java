package io.github.pumaspark.model.train;

import io.github.pumaspark.data.batch.DatasetOrder;
import io.github.pumaspark.data.batch.TokenDataset;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.engine.ComputeDevice;
import io.github.pumaspark.model.engine.TorchThread;
import io.github.pumaspark.model.masking.MaskingStrategies;
import io.github.pumaspark.model.masking.PoolRows;
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** What {@link RankTrainer} puts together for a rank, open to look into. */
final class RankParts implements AutoCloseable {
  final Denoiser network;
  final RecordingMasking masking;
  final List<Segment> owned;
  private final SegmentPlan plan;
  private final TrainSpec spec;
  private final Configuration configuration;
  private final Collective collective;
  private final TokenDataset dataset;
  private final AdamW optimizer;
  private final WeightAverage average;

  /** What is put between the loop and the objective. */
  UnaryOperator<Objective> faults = UnaryOperator.identity();

  RankParts(TrainSpec spec, Configuration configuration, Collective collective) throws IOException {
    this(
        spec,
        configuration,
        collective,
        RankTrainer.staging(spec.collective(), ComputeDevice.cpu(), collective.worldSize()));
  }

  RankParts(TrainSpec spec, Configuration configuration, Collective collective, Staging staging)
      throws IOException {
    this(spec, configuration, collective, staging, 0);
  }

  /**
   * @param elementsPerBucket 0 = as the configuration says
   */
  RankParts(
      TrainSpec spec,
      Configuration configuration,
      Collective collective,
      Staging staging,
      int elementsPerBucket)
      throws IOException {
    TorchThread.prepare(spec.threads());
    this.spec = spec;
    this.configuration = configuration;
    this.collective = collective;
    dataset = TokenDataset.open(new Path(spec.dataset()), configuration);
    network =
        Denoiser.trainable(
            spec.network(),
            CountingDataset.TOKENIZER.vocabSize(),
            CountingDataset.TOKENIZER.maskId(),
            CountingDataset.LENGTH,
            new ComputeSettings(
                ComputeDevice.cpu(),
                spec.train().precision(),
                spec.train().activationCheckpointing(),
                staging),
            collective::allocate);
    network.parameters().initialize(spec.train().seed());
    int rank = collective.rank();
    int length = network.parameters().table().length();
    plan =
        elementsPerBucket == 0
            ? SegmentPlan.of(length, spec.collective(), collective)
            : new SegmentPlan(
                new Buckets(length, elementsPerBucket),
                rank,
                collective.worldSize(),
                spec.collective().shardedOptimizer());
    owned = plan.buckets().owned(rank, collective.worldSize());
    optimizer = new AdamW(spec.optimizer(), network.parameters(), plan.segments());
    average = new WeightAverage(spec.optimizer().emaDecay(), network.parameters(), plan.segments());
    average.restart();
    int rows = spec.train().globalBatchSize();
    int first = rows * rank / collective.worldSize();
    int end = rows * (rank + 1) / collective.worldSize();
    masking =
        new RecordingMasking(
            MaskingStrategies.of(
                spec.masking(),
                new DatasetOrder(dataset, spec.train().seed()),
                spec.train().seed(),
                rows,
                first,
                end - first,
                CountingDataset.TOKENIZER.maskId()));
  }

  /** All that a checkpoint stores of a rank. */
  record State(
      TrainState.Progress progress,
      float[] weights,
      float[] firstMoments,
      float[] secondMoments,
      float[] average,
      PoolRows pool) {}

  State state(TrainState.Progress progress) {
    FloatBuffer first = FloatBuffer.allocate(size());
    FloatBuffer second = FloatBuffer.allocate(size());
    optimizer.readMoments(first, second);
    return new State(
        progress, weights(), first.array(), second.array(), average(), masking.poolRows());
  }

  /** Trains from initial weights, or from {@code spec.resumeFrom}. */
  TrainState.Progress train(TrainListener listener) {
    TrainState.Progress start =
        spec.resumeFrom().isEmpty()
            ? TrainState.Progress.initial()
            : ResumePoint.restore(
                new Path(spec.resumeFrom()),
                configuration,
                network.parameters(),
                optimizer,
                average,
                masking);
    return train(start, listener);
  }

  /** Trains on from where another rank of the same number was. */
  TrainState.Progress train(State state, TrainListener listener) {
    network.parameters().weightBuffer().put(state.weights());
    network.parameters().weightsWritten();
    optimizer.writeMoments(
        FloatBuffer.wrap(state.firstMoments()),
        FloatBuffer.wrap(state.secondMoments()),
        state.progress().updates());
    average.write(FloatBuffer.wrap(state.average()));
    masking.restore(state.progress().cursor().get(0), state.pool());
    return train(state.progress(), listener);
  }

  private TrainState.Progress train(TrainState.Progress start, TrainListener listener) {
    int firstLane = spec.train().globalBatchSize() * collective.rank() / collective.worldSize();
    return new TrainLoop(
            spec.train(),
            spec.guard(),
            spec.skipSteps(),
            faults.apply(new MaskedDenoising(spec.train(), firstLane, network, masking)),
            new Replica(network.parameters(), plan, optimizer, average, collective),
            new LearningRateSchedule(
                spec.optimizer().learningRate(),
                spec.optimizer().warmupSteps(),
                spec.train().steps()),
            listener)
        .run(start);
  }

  float[] weights() {
    return array(network.parameters().weightBuffer());
  }

  float[] gradient() {
    return array(network.parameters().gradientBuffer());
  }

  @Override
  public void close() throws IOException {
    average.close();
    optimizer.close();
    network.close();
    dataset.close();
  }

  float[] average() {
    FloatBuffer values = FloatBuffer.allocate(average.isOn() ? size() : 0);
    average.read(values);
    return values.array();
  }

  List<Segment> segments() {
    return plan.segments();
  }

  long momentBytes() {
    return optimizer.momentBytes();
  }

  private int size() {
    return plan.segments().stream().mapToInt(Segment::size).sum();
  }

  private static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.limit()];
    buffer.get(0, values);
    return values;
  }
}
