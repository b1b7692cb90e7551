package io.github.pumaspark.jobs.evaluate;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.evaluation.EvaluatedModel;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.Predictor;
import java.io.IOException;
import java.util.List;

/** A checkpoint with all that is needed to predict with it; the dataset is not. */
public final class SavedModel {
  private final Checkpoint checkpoint;
  private final NetworkConfig network;
  private final TokenizerSpec tokenizer;

  private SavedModel(Checkpoint checkpoint, NetworkConfig network, TokenizerSpec tokenizer) {
    this.checkpoint = checkpoint;
    this.network = network;
    this.tokenizer = tokenizer;
  }

  /** Reads settings and tokenizer of a checkpoint, not its weights. */
  public static SavedModel of(Checkpoint checkpoint) throws IOException {
    EffectiveConfig config =
        EffectiveConfig.parse(
            checkpoint.config(), checkpoint.file(CheckpointFile.CONFIG).toString(), List.of());
    return new SavedModel(
        checkpoint, config.values().network(), checkpoint.state().dataset().tokenizer());
  }

  /** What it was trained on. */
  public TokenizerSpec tokenizer() {
    return tokenizer;
  }

  /** Where it stands. */
  public TrainState state() {
    return checkpoint.state();
  }

  /** As evaluations name it. */
  public EvaluatedModel evaluated() {
    TrainState.Progress progress = state().progress();
    return new EvaluatedModel(
        state().lineage().runName(),
        checkpoint.directory().toString(),
        progress.step(),
        progress.sequences(),
        progress.tokens(),
        progress.seconds(),
        state().files().getOrDefault(CheckpointFile.MODEL, ""),
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
        network,
        network.vocabSizeOr(tokenizer.vocabSize()),
        tokenizer.maskId(),
        threads,
        device,
        gpuAddresses,
        allowCpuFallback);
  }
}
