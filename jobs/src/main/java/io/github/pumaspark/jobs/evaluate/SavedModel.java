package io.github.pumaspark.jobs.evaluate;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.evaluation.EvaluatedModel;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.util.List;

/** A checkpoint with all that is needed to predict with it; the dataset is not. */
public final class SavedModel {
  private final Checkpoint checkpoint;
  private final WeightChoice weights;
  private final NetworkConfig network;
  private final TokenizerSpec tokenizer;

  private SavedModel(
      Checkpoint checkpoint, WeightChoice weights, NetworkConfig network, TokenizerSpec tokenizer) {
    this.checkpoint = checkpoint;
    this.weights = weights;
    this.network = network;
    this.tokenizer = tokenizer;
  }

  /**
   * Reads settings and tokenizer of a checkpoint, not its weights.
   *
   * @throws ConfigException if it does not have the weights asked for
   */
  public static SavedModel of(Checkpoint checkpoint, WeightChoice weights) throws IOException {
    weights.filesOf(checkpoint);
    EffectiveConfig config =
        EffectiveConfig.parse(
            checkpoint.config(), checkpoint.file(CheckpointFile.CONFIG).toString(), List.of());
    return new SavedModel(
        checkpoint, weights, config.values().network(), checkpoint.state().dataset().tokenizer());
  }

  /** Settings of the network. */
  public NetworkConfig network() {
    return network;
  }

  /** What it was trained on. */
  public TokenizerSpec tokenizer() {
    return tokenizer;
  }

  /** Where it stands. */
  public TrainState state() {
    return checkpoint.state();
  }

  /**
   * As evaluations name it: the run's name, with {@code -raw} if the weights are taken themselves
   * though there is an average of them.
   */
  public EvaluatedModel evaluated() {
    TrainState.Progress progress = state().progress();
    return new EvaluatedModel(
        state().lineage().runName() + (weights.isRawBesideAverage(checkpoint) ? "-raw" : ""),
        checkpoint.directory().toString(),
        progress.step(),
        progress.sequences(),
        progress.tokens(),
        progress.seconds(),
        weights.filesOf(checkpoint).sha256(),
        "float32");
  }

  /**
   * Loads the weights for the calling thread; the caller closes it.
   *
   * @throws ConfigException if no device is there as asked, or weights and settings do not fit
   */
  public Predictor open(
      int threads, DeviceChoice device, List<String> gpuAddresses, boolean allowCpuFallback)
      throws IOException {
    return NetworkFile.open(
        checkpoint,
        weights,
        network,
        network.vocabSizeOr(tokenizer.vocabSize()),
        tokenizer.maskId(),
        threads,
        device,
        gpuAddresses,
        allowCpuFallback);
  }
}
