package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.jobs.config.RunConfig;
import io.github.pumaspark.model.engine.DeviceChoice;
import io.github.pumaspark.model.network.MemoryEstimate;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.ParameterTable;
import io.github.pumaspark.model.network.PassSize;
import io.github.pumaspark.model.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run would train on a dataset: sizes and memory, known before anything starts.
 *
 * @param vocabSize rows of the embedding (V)
 * @param sequenceLength tokens of a row (L)
 * @param parameters trainable numbers
 * @param embeddingParameters those of the embedding, without a head of its own
 * @param memory of one rank
 */
public record TrainPlan(
    RunConfig run,
    int vocabSize,
    int sequenceLength,
    long parameters,
    long embeddingParameters,
    MemoryEstimate memory) {
  /**
   * The plan of a run.
   *
   * @param dataset where the rows are or will be, for messages
   * @param sequenceLength tokens of its rows (L)
   * @throws ConfigException naming every key that does not fit the dataset
   */
  public static TrainPlan of(
      RunConfig run, String dataset, TokenizerSpec tokenizer, int sequenceLength) {
    requireFit(run.network(), dataset, tokenizer, sequenceLength);
    int vocabSize = run.network().vocabSizeOr(tokenizer.vocabSize());
    try {
      ParameterTable table = ParameterTable.of(run.network(), vocabSize);
      return new TrainPlan(
          run,
          vocabSize,
          sequenceLength,
          table.parameterCount(),
          (long) vocabSize * run.network().width(),
          MemoryEstimate.of(run.network(), vocabSize, workload(run, sequenceLength)));
    } catch (IllegalArgumentException e) {
      // Only together are the sizes too large, so no key's own check can say it.
      throw new ConfigException(
          e.getMessage()
              + ": width %d, layers %d, feed-forward-width %d, %d ids. Make one of them smaller."
                  .formatted(
                      run.network().width(),
                      run.network().layers(),
                      run.network().feedForwardWidth(),
                      vocabSize));
    }
  }

  private static void requireFit(
      NetworkConfig network, String dataset, TokenizerSpec tokenizer, int sequenceLength) {
    List<String> problems = new ArrayList<>();
    if (network.maxPositions() > 0 && network.maxPositions() < sequenceLength) {
      problems.add(
          "Invalid network.max-positions: %d (the dataset '%s' has rows of %d tokens)"
              .formatted(network.maxPositions(), dataset, sequenceLength));
    }
    if (network.vocabSize() > 0 && network.vocabSize() < tokenizer.vocabSize()) {
      problems.add(
          "Invalid network.vocab-size: %d (the dataset '%s' has the %d ids of tokenizer '%s')"
              .formatted(network.vocabSize(), dataset, tokenizer.vocabSize(), tokenizer.name()));
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private static MemoryEstimate.Workload workload(RunConfig run, int sequenceLength) {
    return new MemoryEstimate.Workload(
        microBatch(run, sequenceLength),
        sequenceLength,
        run.cluster().ranks(),
        run.optimizer().emaDecay() > 0,
        run.train().precision(),
        run.train().activationCheckpointing());
  }

  private static int microBatch(RunConfig run, int sequenceLength) {
    TrainConfig train = run.train();
    return train.microBatchSize() > 0
        ? train.microBatchSize()
        : PassSize.of(
            train.globalBatchSize() / run.cluster().ranks(),
            sequenceLength,
            train.precision(),
            run.cluster().device() == DeviceChoice.CUDA);
  }

  /** The plan for people, one fact a line; memory in MB, 10^6 bytes. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d parameters, %d of them in the embedding of %d ids; rows of %d tokens",
            parameters,
            embeddingParameters,
            vocabSize,
            sequenceLength));
    lines.add(
        String.format(
            Locale.ROOT,
            "about %.1f MB of tensors in each of %d ranks, at %d sequences a pass, %s, activation"
                + " checkpointing %s:",
            1e-6 * memory.total(),
            run.cluster().ranks(),
            microBatch(run, sequenceLength),
            word(run.train().precision()),
            word(run.train().activationCheckpointing())));
    item(lines, "weights", memory.weights());
    item(lines, "gradient", memory.gradient());
    item(lines, "moments (the rank's part)", memory.moments());
    item(lines, "weight average (the rank's part)", memory.weightAverage());
    item(lines, "bf16 copies of the weights", memory.weightCopies());
    item(lines, "activations", memory.activations());
    item(lines, "scores of the head", memory.headScores());
    return lines;
  }

  private static void item(List<String> lines, String name, long bytes) {
    lines.add(String.format(Locale.ROOT, "  %10.1f MB %s", 1e-6 * bytes, name));
  }

  /** The word by which an enum's constant is configured. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
