/**
 * Sums and gathers among ranks: buffers in, buffers out. Connections prove the run's key before
 * anything else is read from them, and are encrypted if the run is. JDK only: no Spark, no DJL.
 */
@NullMarked
package io.github.pumaspark.model.collective;

import org.jspecify.annotations.NullMarked;
