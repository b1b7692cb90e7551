/**
 * Scores of checkpoints: a {@code network.Predictor}, sequences and an {@code EvaluationUnit} come
 * in, results with error bars and one record per sample go out, and are stored under a key that
 * changes with everything that can change the score. Imports {@code model.sampling}, {@code
 * model.network.Predictor} and {@code data}; must not import training packages or Spark.
 */
@NullMarked
package io.github.pumaspark.model.evaluation;

import org.jspecify.annotations.NullMarked;
