/**
 * Whole files on any Hadoop file system: read, hash, and write so that a file appears complete or
 * not at all. Imports only {@code lang}.
 */
@NullMarked
package io.github.pumaspark.data.storage;

import org.jspecify.annotations.NullMarked;
