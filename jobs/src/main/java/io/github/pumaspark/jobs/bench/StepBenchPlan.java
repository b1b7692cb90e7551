package io.github.pumaspark.jobs.bench;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.model.masking.MaskingConfig;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.optimizer.OptimizerConfig;
import io.github.pumaspark.model.train.TrainConfig;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one benchmark of the training step runs.
 *
 * @param name of the preset, for the result
 * @param train with the rows of one step as {@code globalBatchSize}
 * @param promptLength positions at the start of a row that are never masked
 * @param threads CPU threads, of this process and of the peer
 * @param rounds each: steps of ours, then steps of the peer
 * @param steps of one round; 0 = as many as fill about five seconds
 * @param mathAttention whether the peer computes attention by matrix products instead of the kernel
 *     that PyTorch chooses
 * @param python the peer's interpreter
 */
public record StepBenchPlan(
    String name,
    NetworkConfig network,
    MaskingConfig masking,
    OptimizerConfig optimizer,
    TrainConfig train,
    int promptLength,
    int threads,
    int rounds,
    int steps,
    PeerKind peer,
    boolean mathAttention,
    String python) {
  public StepBenchPlan {
    atLeast(1, "--threads", threads);
    atLeast(1, "--rounds", rounds);
    atLeast(0, "--steps", steps);
    if (network.vocabSize() == 0 || network.maxPositions() == 0) {
      throw new ConfigException(
          "Missing network.vocab-size or network.max-positions: there is no dataset to take them"
              + " from; choose a --preset or set both.");
    }
    if (promptLength < 0 || promptLength >= network.maxPositions()) {
      throw new ConfigException(
          "Invalid --prompt-length: "
              + promptLength
              + " (must be at least 0 and below network.max-positions "
              + network.maxPositions()
              + ")");
    }
  }

  /** The training settings of a step of {@code train.micro-batch-size} rows, or of all rows. */
  public static TrainConfig oneMicroBatch(RunConfig config) {
    TrainConfig train = config.train();
    int rows = train.microBatchSize() > 0 ? train.microBatchSize() : train.globalBatchSize();
    return new TrainConfig(
        train.seed(),
        train.steps(),
        rows,
        train.microBatchSize(),
        train.precision(),
        train.activationCheckpointing(),
        train.checkpointEvery(),
        train.keepLast(),
        train.keepEvery(),
        train.logEvery(),
        train.ledger(),
        train.timeLimit());
  }

  /** Those optimizer settings without a moving average of the weights. */
  public static OptimizerConfig withoutAverage(OptimizerConfig optimizer) {
    return new OptimizerConfig(
        optimizer.learningRate(),
        optimizer.beta1(),
        optimizer.beta2(),
        optimizer.epsilon(),
        optimizer.weightDecay(),
        optimizer.clipNorm(),
        optimizer.warmupSteps(),
        0);
  }

  int batch() {
    return train.globalBatchSize();
  }

  int length() {
    return network.maxPositions();
  }

  long tokens() {
    return (long) batch() * length();
  }

  long parameters() {
    return ParameterTable.of(network, network.vocabSize()).parameterCount();
  }

  StepFlops flops() {
    long matrix = (long) network.vocabSize() * network.width();
    long outside = network.tiedHead() ? matrix : 2 * matrix;
    return new StepFlops(parameters() - outside, tokens(), network.vocabSize(), network.width());
  }

  /** The peer's settings. */
  Map<String, Object> peerSettings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("vocab_size", network.vocabSize());
    settings.put("length", length());
    settings.put("width", network.width());
    settings.put("layers", network.layers());
    settings.put("heads", network.heads());
    settings.put("key_value_heads", network.keyValueHeads());
    settings.put("feed_forward_width", network.feedForwardWidth());
    settings.put("rope_base", network.ropeBase());
    settings.put("norm_epsilon", network.normEpsilon());
    settings.put("tied_head", network.tiedHead());
    settings.put("causal", network.causal());
    settings.put("dropout", network.dropout());
    settings.put("init_std", network.initStd());
    settings.put("output_bias", network.profile() == NetworkProfile.REFERENCE);
    settings.put("batch", batch());
    settings.put("prompt_length", promptLength);
    settings.put("threads", threads);
    settings.put("autocast", peer == PeerKind.PYTORCH_AUTOCAST);
    settings.put("math_attention", mathAttention);
    settings.put("learning_rate", optimizer.learningRate());
    settings.put("beta1", optimizer.beta1());
    settings.put("beta2", optimizer.beta2());
    settings.put("epsilon", optimizer.epsilon());
    settings.put("weight_decay", optimizer.weightDecay());
    settings.put("clip_norm", optimizer.clipNorm());
    settings.put("seed", train.seed());
    return settings;
  }

  private static void atLeast(int least, String flag, int value) {
    if (value < least) {
      throw new ConfigException(
          "Invalid " + flag + ": " + value + " (must be at least " + least + ")");
    }
  }
}
