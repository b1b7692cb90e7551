/**
 * Spark itself: opening a session (submitted or embedded), counting free slots, running one barrier
 * stage with one rank per task, and stop signals. Plain functions and bytes in and out; knows
 * nothing of training. Imports {@code config}.
 */
@NullMarked
package io.github.pumaspark.jobs.spark;

import org.jspecify.annotations.NullMarked;
