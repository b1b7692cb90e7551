/**
 * Rows of a token dataset in training order: which row comes at which position of the one global
 * order, and the row itself. Imports {@code manifest}, {@code shard}, {@code random}.
 */
@NullMarked
package io.github.pumaspark.data.batch;

import org.jspecify.annotations.NullMarked;
