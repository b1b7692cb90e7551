/**
 * The DJL PyTorch engine: per-thread settings, the device of a rank, and programs in TorchScript's
 * serialised dialect loaded from text. Only {@code network} and {@code optimizer} may import it.
 */
@NullMarked
package io.github.pumaspark.model.engine;

import org.jspecify.annotations.NullMarked;
