package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.network.Predictor;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Carries out evaluation units. Without state between calls. */
public final class Evaluator {
  private final Clock clock;
  private final String device;

  /**
   * An evaluator on some hardware.
   *
   * @param device the hardware in words, stored with every result
   */
  public Evaluator(Clock clock, String device) {
    this.clock = clock;
    this.device = device;
  }

  /**
   * Scores a model on rows.
   *
   * @param predictor holding the unit's weights; stays the caller's to close
   * @param rows the rows that {@code unit.data()} names, ascending by row id
   * @throws ConfigException if there are no rows, or rows that the model or the task cannot take
   * @throws IllegalStateException if the network's scores are not finite
   */
  public Evaluation evaluate(EvaluationUnit unit, Predictor predictor, List<Sequence> rows) {
    EvaluationData data = unit.data();
    String what = "Cannot evaluate '" + unit.model().name() + "' on '" + data.path() + "': ";
    if (rows.isEmpty()) {
      throw new ConfigException(what + "the dataset has no rows");
    }
    Check.argument(
        data.limit() == 0 || rows.size() <= data.limit(),
        "%s%s rows given, limit %s",
        what,
        rows.size(),
        data.limit());
    for (Sequence row : rows) {
      if (row.tokens().length != predictor.sequenceLength()) {
        throw new ConfigException(
            what
                + "rows have "
                + row.tokens().length
                + " positions, the model takes "
                + predictor.sequenceLength());
      }
      unit.task().check(row, data);
    }
    Instant start = clock.instant();
    TaskScores scores = unit.task().score(predictor, rows, data);
    Instant end = clock.instant();
    StringBuilder samples = new StringBuilder();
    for (SampleRecord sample : scores.samples()) {
      samples.append(sample.toJson()).append('\n');
    }
    String lines = samples.toString();
    EvaluationResult result =
        new EvaluationResult(
            unit,
            scores.n(),
            scores.metrics(),
            scores.breakdowns(),
            scores.forwardPasses(),
            Duration.between(start, end).toNanos() / 1e9,
            end.truncatedTo(ChronoUnit.MICROS),
            device,
            Storage.sha256Hex(lines.getBytes(StandardCharsets.UTF_8)));
    return new Evaluation(result, lines);
  }
}
