/**
 * The training loop: masking, network, collective, optimizer and checkpoints in one step after the
 * other, on one rank. The one package that knows the whole step; must not import Spark.
 */
@NullMarked
package io.github.pumaspark.model.train;

import org.jspecify.annotations.NullMarked;
