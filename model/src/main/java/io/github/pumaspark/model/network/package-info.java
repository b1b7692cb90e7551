/**
 * From token ids to hidden states and per-position scores. The network's equations are one
 * TorchScript text; this package alone knows that, and alone (with {@code optimizer}) touches the
 * DJL engine. Must not import masking, collectives or checkpoints.
 */
@NullMarked
package io.github.pumaspark.model.network;

import org.jspecify.annotations.NullMarked;
