package io.github.pumaspark.model.coordination;

import java.util.List;
import java.util.Map;

/**
 * What the driver learns about a finished step.
 *
 * @param step optimizer updates so far
 * @param loss mean over the global batch; may be NaN
 * @param maskRatio masked / maskable positions of the global batch, in [0, 1]
 * @param gradientNorm L2 norm before clipping
 * @param learningRate of this step
 * @param sequences distinct sequences consumed so far
 * @param tokens tokens processed so far
 * @param seconds of training so far
 * @param phaseSeconds duration of each part of this step, by name
 * @param positions the ledger: places in the global order of the sequences that this rank trained
 *     on in this step, by ascending lane; empty if {@code train.ledger} is off
 */
public record StepReport(
    long step,
    double loss,
    double maskRatio,
    double gradientNorm,
    double learningRate,
    long sequences,
    long tokens,
    double seconds,
    Map<String, Double> phaseSeconds,
    List<Long> positions) {
  public StepReport {
    phaseSeconds = Map.copyOf(phaseSeconds);
    positions = List.copyOf(positions);
  }
}
