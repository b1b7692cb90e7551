/**
 * Manifests: the JSON file, written last, that makes the shards beside it a dataset. Shard entries
 * and counts go in; reading gives them back or says in one line what is wrong. Imports {@code
 * lang}, {@code storage}, {@code token} and {@code shard}.
 */
@NullMarked
package io.github.pumaspark.data.manifest;

import org.jspecify.annotations.NullMarked;
