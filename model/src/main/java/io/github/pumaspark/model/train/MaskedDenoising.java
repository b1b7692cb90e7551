package io.github.pumaspark.model.train;

import io.github.pumaspark.model.masking.MaskedBatch;
import io.github.pumaspark.model.masking.MaskingStrategy;
import io.github.pumaspark.model.network.Denoiser;
import io.github.pumaspark.model.network.GradientListener;
import java.util.BitSet;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The objective of masked diffusion: predict masked tokens, chosen by a {@link MaskingStrategy}
 * that hears how confident the network was. Owns neither.
 */
final class MaskedDenoising implements Objective {
  private final MaskingStrategy masking;
  private final MicroBatches microBatches;
  private final long tokensPerStep;

  /**
   * @param firstRow number of this rank's first row in the global batch
   */
  MaskedDenoising(TrainConfig config, int firstRow, Denoiser network, MaskingStrategy masking) {
    this.masking = masking;
    this.microBatches =
        new MicroBatches(
            network, config.microBatchSize(), config.globalBatchSize(), config.seed(), firstRow);
    this.tokensPerStep = (long) config.globalBatchSize() * network.sequenceLength();
  }

  @Override
  public Contribution contribute(long step, GradientListener finished, PhaseClock clock) {
    clock.begin("masking");
    MaskedBatch batch = masking.next(step);
    clock.begin("backward");
    MicroBatches.Result result = microBatches.run(batch, finished);
    clock.move("backward", "forward", result.forwardSeconds());
    clock.begin("masking");
    BitSet finishedLanes = masking.observe(result.confidence());
    return new Contribution(
        result.lossSum(),
        batch.positions().length,
        batch.maskableCount(),
        finishedLanes,
        LongStream.of(batch.places()).boxed().toList());
  }

  @Override
  public void advance(int rank, List<BitSet> finished) {
    masking.advance(rank, finished);
  }

  @Override
  public long cursor() {
    return masking.cursor();
  }

  @Override
  public long tokensPerStep() {
    return tokensPerStep;
  }
}
