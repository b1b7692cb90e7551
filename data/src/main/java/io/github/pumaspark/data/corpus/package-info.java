/**
 * Raw input as records: finds the files behind names, directories, globs and archives on any Hadoop
 * file system, and reads each as a stream of documents or puzzles.
 *
 * <p>What cannot be used becomes a {@link QuarantinedRecord} in the same stream; only a failing
 * file system throws. Finding runs on the driver, reading in tasks: the corpora, {@link CorpusFile}
 * and all records are small and serializable. Imports {@code lang}, {@code storage} and {@code
 * sudoku}; knows nothing of tokens or Spark.
 */
@NullMarked
package io.github.pumaspark.data.corpus;

import org.jspecify.annotations.NullMarked;
