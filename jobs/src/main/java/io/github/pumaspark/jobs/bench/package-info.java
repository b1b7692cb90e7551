/**
 * Measurements that a user can repeat: how fast and how large a training step is, against the
 * machine's matrix products and against a PyTorch program. Settings in, one table of named values
 * out. Needs no Spark session; must not import the command line.
 */
@NullMarked
package io.github.pumaspark.jobs.bench;

import org.jspecify.annotations.NullMarked;
