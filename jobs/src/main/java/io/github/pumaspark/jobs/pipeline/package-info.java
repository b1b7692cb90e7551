/**
 * The whole path in one submit: generate, shard, train every run, evaluate all checkpoints, report.
 * Each stage knows itself whether it is done, so a pipeline that is run again goes on where it
 * stopped. Imports every job.
 */
@NullMarked
package io.github.pumaspark.jobs.pipeline;

import org.jspecify.annotations.NullMarked;
