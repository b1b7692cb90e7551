/**
 * Shards: immutable files of token rows in Arrow IPC stream form. Rows go in and one entry for the
 * manifest comes out; reading maps the file and gives any row. Imports {@code lang}, {@code
 * storage} and {@code token}; the format is described in {@code data/README.md}.
 */
@NullMarked
package io.github.pumaspark.data.shard;

import org.jspecify.annotations.NullMarked;
