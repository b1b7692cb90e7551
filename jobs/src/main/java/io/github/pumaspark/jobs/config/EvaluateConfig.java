package io.github.pumaspark.jobs.config;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.sampling.RevealOrder;
import java.util.List;

/**
 * What is measured on every checkpoint, keys {@code evaluate.*}.
 *
 * @param task {@code sudoku} (exact match of filled boards) or {@code nll} (likelihood bound)
 * @param orders orders of unmasking, such as {@code max-prob}; sudoku only
 * @param tokensPerStep tokens unmasked in one forward pass; each is combined with each order
 * @param limit rows taken from the start of the dataset; 0 = all
 * @param seed of samplers and likelihood draws
 * @param batchSize rows of one forward pass
 * @param draws masks per row; nll only
 */
public record EvaluateConfig(
    Task task,
    List<String> orders,
    List<Integer> tokensPerStep,
    int limit,
    long seed,
    int batchSize,
    int draws) {
  public EvaluateConfig {
    orders = List.copyOf(orders);
    tokensPerStep = List.copyOf(tokensPerStep);
    Check.argument(!orders.isEmpty(), "evaluate.orders must not be empty");
    orders.forEach(EvaluateConfig::requireOrder);
    Check.argument(!tokensPerStep.isEmpty(), "evaluate.tokens-per-step must not be empty");
    Check.argument(
        tokensPerStep.stream().allMatch(n -> n > 0),
        "evaluate.tokens-per-step must be positive: %s",
        tokensPerStep);
    Check.argument(limit >= 0, "evaluate.limit must not be negative: %s", limit);
    Check.argument(batchSize > 0, "evaluate.batch-size must be positive: %s", batchSize);
    Check.argument(draws > 0, "evaluate.draws must be positive: %s", draws);
  }

  private static void requireOrder(String order) {
    try {
      RevealOrder.of(order);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("Invalid evaluate.orders: " + e.getMessage(), e);
    }
  }

  /** The tasks; keys are their names in lower case. */
  public enum Task {
    SUDOKU,
    NLL
  }
}
