package io.github.pumaspark.model.evaluation;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One number of one result: the long form in which results of many runs are put into one table.
 *
 * @param settings of the task, as JSON
 * @param group empty for a metric of all rows, else {@code criterion=group} of a breakdown
 * @param n samples behind the value
 */
public record LeaderboardRow(
    String run,
    long step,
    long sequences,
    long tokens,
    double trainSeconds,
    String task,
    String settings,
    String metric,
    String group,
    double value,
    @Nullable Double standardError,
    @Nullable Double ciLow,
    @Nullable Double ciHigh,
    long n,
    String weightsSha256,
    String cacheKey)
    implements Serializable {

  /** Every number of a result: its metrics, then the groups of its breakdowns. */
  public static List<LeaderboardRow> of(EvaluationResult result) {
    List<LeaderboardRow> rows = new ArrayList<>();
    result.metrics().forEach((name, metric) -> rows.add(row(result, name, "", metric)));
    for (Map.Entry<String, Map<String, Metric>> breakdown : result.breakdowns().entrySet()) {
      breakdown
          .getValue()
          .forEach(
              (group, metric) ->
                  rows.add(
                      row(
                          result,
                          MetricNames.EXACT_MATCH,
                          breakdown.getKey() + "=" + group,
                          metric)));
    }
    return rows;
  }

  private static LeaderboardRow row(
      EvaluationResult result, String name, String group, Metric metric) {
    EvaluatedModel model = result.unit().model();
    Interval ci95 = metric.ci95();
    return new LeaderboardRow(
        model.run(),
        model.step(),
        model.sequences(),
        model.tokens(),
        model.trainSeconds(),
        result.unit().task().name(),
        result.unit().task().settings().toString(),
        name,
        group,
        metric.value(),
        metric.standardError(),
        ci95 == null ? null : ci95.low(),
        ci95 == null ? null : ci95.high(),
        metric.n(),
        model.weightsSha256(),
        result.key());
  }
}
