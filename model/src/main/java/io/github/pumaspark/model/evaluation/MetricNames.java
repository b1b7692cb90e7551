package io.github.pumaspark.model.evaluation;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The metrics' names, one spelling everywhere. */
public final class MetricNames {
  /** Share of puzzles whose filled grid is a solution that keeps every clue. */
  public static final String EXACT_MATCH = "exact_match";

  /** As {@link #EXACT_MATCH}, but one clue kept is enough: comparable with the reference code. */
  public static final String EXACT_MATCH_LENIENT = "exact_match_lenient";

  /** Share of masked cells filled as in the solution. */
  public static final String CELL_ACCURACY = "cell_accuracy";

  /** Share of puzzles that naked singles alone solve; a property of the rows, not of the model. */
  public static final String NAKED_SINGLES_SHARE = "naked_singles_share";

  /** Forward passes per row: mean. */
  public static final String PASSES = "forward_passes";

  /** Forward passes per row: 95th percentile. */
  public static final String PASSES_P95 = "forward_passes_p95";

  /** Upper bound on -log p, in nats per maskable token of all rows together. */
  public static final String NLL_PER_TOKEN = "nll_per_token";

  /** Part of the standard error of {@link #NLL_PER_TOKEN} that is due to the drawn masks. */
  public static final String NLL_SAMPLING_ERROR = "nll_per_token_sampling_error";

  /** e to the power of {@link #NLL_PER_TOKEN}. */
  public static final String PERPLEXITY = "perplexity";

  /** The same bound in bits per byte of text. */
  public static final String BITS_PER_BYTE = "bits_per_byte";

  /** Of one row: the bound in nats. */
  public static final String NLL = "nll";

  private static final Map<String, Boolean> HIGHER_IS_BETTER =
      Map.of(
          EXACT_MATCH, true,
          EXACT_MATCH_LENIENT, true,
          CELL_ACCURACY, true,
          PASSES, false,
          PASSES_P95, false,
          NLL_PER_TOKEN, false,
          PERPLEXITY, false,
          BITS_PER_BYTE, false);

  private MetricNames() {}

  /** Whether more is better, or null where neither is. */
  public static @Nullable Boolean higherIsBetter(String metric) {
    return HIGHER_IS_BETTER.get(metric);
  }
}
