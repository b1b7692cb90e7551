package io.github.pumaspark.model.masking;

/**
 * The rows a rank trains on in one step; B rows of L positions. The arrays belong to the strategy
 * and are valid until its next call.
 *
 * @param step the step, first is 1
 * @param rowCount rows (B) of this rank
 * @param cleanTokens [B * L], row-major
 * @param noisyTokens [B * L], the mask token where masked, equal to {@code cleanTokens} elsewhere
 * @param segments [B * L], document number within the row
 * @param maskedCounts [B], masked positions of each row; 0 = the row adds nothing to the loss
 * @param positions [N], flat indices of the masked positions, strictly ascending
 * @param maskableCount maskable positions over all rows
 * @param places [B], place of each row's sequence in the global order
 */
public record MaskedBatch(
    long step,
    int rowCount,
    int[] cleanTokens,
    int[] noisyTokens,
    int[] segments,
    int[] maskedCounts,
    int[] positions,
    long maskableCount,
    long[] places) {}
