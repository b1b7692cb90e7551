package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.random.CounterRandom;
import io.github.pumaspark.data.random.CounterRandom.Purpose;
import java.util.Arrays;

/**
 * The masks under which one document is predicted, and the weights that turn the sums of -log p
 * over masked tokens into its likelihood bound. A pure function of (seed, document).
 */
final class MaskPlan {
  /*
   * The bound is the any-order autoregressive one: the mean over mask counts c uniform on {1..n} and uniform
   * subsets M of that size of (n / c) sum over M of -log p(token | the rest), for n maskable tokens. It equals
   * the integral over continuous mask ratios but has no singular weight [1].
   *
   * Short documents: all 2^n - 1 subsets, each with weight 1 / (c * (n choose c)).
   *
   * Others: c is stratified. Stratum j of S draws c = floor(n (j + u) / S) + 1 with a fresh u in [0, 1), so the
   * mixture over j is exactly uniform on {1..n} whatever n and S are; a grid that rounds is not.
   *
   * [1] Ou et al.: Your absorbing discrete diffusion secretly models the conditional distributions of clean
   * data. ICLR 2025.
   */
  private final int[] positions;
  private final long documentId;
  private final LikelihoodConfig config;

  /**
   * The plan of one document.
   *
   * @param positions its maskable positions within the row, ascending; at least one
   * @param documentId hash of the document's content, so that its masks depend neither on the row
   *     it was packed into nor on the other documents
   */
  MaskPlan(int[] positions, long documentId, LikelihoodConfig config) {
    this.positions = positions;
    this.documentId = documentId;
    this.config = config;
  }

  /** Whether the bound comes out without sampling error. */
  boolean isExact() {
    return positions.length <= LikelihoodConfig.EXACT_LENGTH;
  }

  /** Number of masks. */
  int passes() {
    return isExact() ? (1 << positions.length) - 1 : config.strata() * config.replicates();
  }

  /** The masked positions of a pass, ascending; never empty. */
  int[] mask(int pass) {
    if (isExact()) {
      int subset = pass + 1;
      int[] mask = new int[Integer.bitCount(subset)];
      for (int i = 0, n = 0; i < positions.length; i++) {
        if ((subset >>> i & 1) == 1) {
          mask[n++] = positions[i];
        }
      }
      return mask;
    }
    int count = count(pass);
    int[] shuffled = positions.clone();
    for (int i = 0; i < count; i++) {
      int other =
          i
              + CounterRandom.below(
                  positions.length - i,
                  config.seed(),
                  Purpose.LIKELIHOOD,
                  documentId,
                  firstDraw(pass) + 1 + i);
      int swapped = shuffled[i];
      shuffled[i] = shuffled[other];
      shuffled[other] = swapped;
    }
    int[] mask = Arrays.copyOf(shuffled, count);
    Arrays.sort(mask);
    return mask;
  }

  /** Factor of the pass's sum; the weighted sums of all passes add up to the bound, in nats. */
  double weight(int pass) {
    int length = positions.length;
    if (isExact()) {
      int count = Integer.bitCount(pass + 1);
      return 1 / (count * choose(length, count));
    }
    return length / ((double) count(pass) * passes());
  }

  /** The replicate a pass belongs to, in [0, replicates). */
  int replicate(int pass) {
    return isExact() ? 0 : pass / config.strata();
  }

  /**
   * The mask count of a stratum.
   *
   * @param u in [0, 1)
   * @return in [1, length]
   */
  static int count(int length, int stratum, int strata, double u) {
    return Math.min(length, (int) (length * (stratum + u) / strata) + 1);
  }

  private int count(int pass) {
    double u =
        CounterRandom.uniform(config.seed(), Purpose.LIKELIHOOD, documentId, firstDraw(pass));
    return count(positions.length, pass % config.strata(), config.strata(), u);
  }

  private long firstDraw(int pass) {
    return pass * (positions.length + 1L);
  }

  private static double choose(int n, int k) {
    double result = 1;
    for (int i = 1; i <= k; i++) {
      result = result * (n - k + i) / i;
    }
    return result;
  }
}
