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
import io.github.pumaspark.model.network.ComputeSettings;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.Staging;
import io.github.pumaspark.model.optimizer.AdamW;
import io.github.pumaspark.model.optimizer.LearningRateSchedule;
import io.github.pumaspark.model.optimizer.WeightAverage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** What {@link RankTrainer} puts together for a rank, open to look into. */
final class RankParts implements AutoCloseable {
  final Denoiser network;
  final RecordingMasking masking;
  final List<Segment> owned;
  private final Buckets buckets;
  private final TrainSpec spec;
  private final Configuration configuration;
  private final Collective collective;
  private final TokenDataset dataset;
  private final AdamW optimizer;
  private final WeightAverage average;

  RankParts(TrainSpec spec, Configuration configuration, Collective collective) throws IOException {
    this(spec, configuration, collective, Staging.DIRECT);
  }

  RankParts(TrainSpec spec, Configuration configuration, Collective collective, Staging staging)
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
                staging));
    network.parameters().initialize(spec.train().seed());
    int rank = collective.rank();
    buckets = Buckets.of(network.parameters().table().length(), spec.collective());
    owned = buckets.owned(rank, collective.worldSize());
    optimizer = new AdamW(spec.optimizer(), network.parameters(), owned);
    average = new WeightAverage(spec.optimizer().emaDecay(), network.parameters(), owned);
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
    return new TrainLoop(
            spec.train(),
            spec.train().globalBatchSize() * collective.rank() / collective.worldSize(),
            network,
            optimizer,
            average,
            new LearningRateSchedule(
                spec.optimizer().learningRate(),
                spec.optimizer().warmupSteps(),
                spec.train().steps()),
            masking,
            buckets,
            collective,
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

  private static float[] array(FloatBuffer buffer) {
    float[] values = new float[buffer.limit()];
    buffer.get(0, values);
    return values;
  }
}
