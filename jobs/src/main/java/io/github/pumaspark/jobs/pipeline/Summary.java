package io.github.pumaspark.jobs.pipeline;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a pipeline did; its last line of output.
 *
 * @param ok always true: a pipeline that failed has no summary
 * @param dir absolute
 * @param report absolute
 * @param seconds wall-clock time of all invocations that did any work
 */
@JsonNaming(SnakeCaseStrategy.class)
public record Summary(boolean ok, String dir, String report, double seconds, List<Run> runs) {
  /**
   * One run.
   *
   * @param steps updates done
   * @param sequences distinct sequences consumed
   * @param tokensPerSecond positions through the network, over the time spent in training
   * @param seconds spent in training
   */
  @JsonNaming(SnakeCaseStrategy.class)
  public record Run(
      String name,
      String strategy,
      int worldSize,
      long steps,
      long sequences,
      double tokensPerSecond,
      double seconds,
      List<Score> checkpoints) {}

  /**
   * A checkpoint's score under the first sampler setting.
   *
   * @param exactMatch strict share of solved puzzles; null for another task
   * @param nll nats per token, a bound; null for another task
   * @param n rows scored
   */
  @JsonNaming(SnakeCaseStrategy.class)
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Score(long step, @Nullable Double exactMatch, @Nullable Double nll, long n) {}
}
