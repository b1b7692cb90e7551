/**
 * Scores of checkpoints as a Spark job: every (checkpoint, task, setting) that is not in the result
 * store yet is one task on an executor. Also one checkpoint on this machine, for {@code puma
 * sample}. Imports {@code jobs.config}, {@code jobs.spark} and the model.
 */
@NullMarked
package io.github.pumaspark.jobs.evaluate;

import org.jspecify.annotations.NullMarked;
