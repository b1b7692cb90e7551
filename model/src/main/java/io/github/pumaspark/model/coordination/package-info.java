/**
 * One control connection per rank to the driver: who takes part and where, heartbeats, step
 * reports, stop, abort with the first cause, and the agreement that a checkpoint is complete. Never
 * on the path of gradients. Must not import Spark or DJL.
 */
@NullMarked
package io.github.pumaspark.model.coordination;

import org.jspecify.annotations.NullMarked;
