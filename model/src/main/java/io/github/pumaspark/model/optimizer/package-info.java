/**
 * AdamW and the moving average of the weights on a rank's owned segments of the flat parameters,
 * and the learning-rate schedule. Imports {@code network} and {@code collective}.
 */
@NullMarked
package io.github.pumaspark.model.optimizer;

import org.jspecify.annotations.NullMarked;
