/**
 * Training as a Spark job: the driver's part (run directory, coordinator, checkpoints, metrics) and
 * the task that a rank runs in. Nothing in a step goes through Spark. Imports {@code jobs.config},
 * {@code jobs.spark} and the model.
 */
@NullMarked
package io.github.pumaspark.jobs.train;

import org.jspecify.annotations.NullMarked;
