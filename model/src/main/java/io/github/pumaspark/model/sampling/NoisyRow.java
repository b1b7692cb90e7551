package io.github.pumaspark.model.sampling;

import org.jspecify.annotations.Nullable;

/**
 * One row of L positions as a forward pass sees it. The arrays are shared.
 *
 * @param tokens [L], the mask token where unknown
 * @param segments [L], document number within the row
 * @param positions [n] whose scores are wanted, strictly ascending, in [0, L); not empty
 * @param targets [n], the true tokens there, or null
 */
public record NoisyRow(int[] tokens, int[] segments, int[] positions, int @Nullable [] targets) {}
