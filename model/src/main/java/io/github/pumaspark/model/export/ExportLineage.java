package io.github.pumaspark.model.export;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.model.checkpoint.TrainState;

/**
 * Where exported weights come from.
 *
 * @param stage {@code imported} for weights that were imported, with counters of 0
 * @param weights {@code ema} for the moving average, {@code raw} for the weights themselves
 * @param weightsSha256 of the exported weight file's bytes
 * @param sequences distinct sequences consumed
 * @param tokens positions processed
 * @param seed of the run
 * @param codeVersion of the code that trained
 * @param precision of matrix products in training
 */
@JsonNaming(SnakeCaseStrategy.class)
record ExportLineage(
    String runId,
    String runName,
    String stage,
    long step,
    String weights,
    String weightsSha256,
    String datasetManifestSha256,
    String tokenizerSha256,
    long sequences,
    long tokens,
    long seed,
    String codeVersion,
    String precision) {

  /** The lineage of weights of a checkpoint. */
  static ExportLineage of(TrainState state, boolean isAverage, String weightsSha256) {
    return new ExportLineage(
        state.lineage().runId(),
        state.lineage().runName(),
        state.lineage().stage(),
        state.step(),
        isAverage ? "ema" : "raw",
        weightsSha256,
        state.dataset().datasetManifestSha256(),
        state.dataset().tokenizerSha256(),
        state.progress().sequences(),
        state.progress().tokens(),
        state.lineage().seed(),
        state.lineage().codeVersion(),
        state.execution().precision());
  }
}
