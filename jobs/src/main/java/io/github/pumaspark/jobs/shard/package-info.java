/**
 * From a corpus to token datasets, as a Spark job: read, quarantine, split by content, pack,
 * shuffle globally, write shards, and the manifest last. Imports {@code jobs.config} and {@code
 * jobs.spark}; must not import the model.
 */
@NullMarked
package io.github.pumaspark.jobs.shard;

import org.jspecify.annotations.NullMarked;
