/**
 * Iterative unmasking: rows with masked positions and a {@code network.Predictor} come in, filled
 * rows and their number of forward passes go out. Plain arrays and deterministic choices; imports
 * {@code data} and {@code model.network.Predictor} only, neither the engine nor training packages.
 */
@NullMarked
package io.github.pumaspark.model.sampling;

import org.jspecify.annotations.NullMarked;
