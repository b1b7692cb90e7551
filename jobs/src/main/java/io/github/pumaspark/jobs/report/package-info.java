/**
 * One self-contained HTML page about one or more training runs.
 *
 * <p>In: run directories, evaluation results and facts about the data, read as files, never through
 * the classes that wrote them. Out: the page, written atomically. Must not import Spark; a report
 * is made wherever the files can be read.
 */
@NullMarked
package io.github.pumaspark.jobs.report;

import org.jspecify.annotations.NullMarked;
