/**
 * What is kept of a run while it trains: record files ({@code metrics.jsonl}, {@code ledger.jsonl},
 * {@code events.jsonl}), TensorBoard files, lines in the driver's log, and the numbers that Spark's
 * metrics system shows. Reports of ranks come in. Imports the model, and neither Spark nor {@code
 * jobs.train}.
 */
@NullMarked
package io.github.pumaspark.jobs.tracking;

import org.jspecify.annotations.NullMarked;
