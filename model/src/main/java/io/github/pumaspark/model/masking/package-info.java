/**
 * Which positions a step masks, and how the pool of partly revealed sequences moves on. Plain
 * arrays in and out: no DJL, no network, no sockets. Imports {@code data.batch}, {@code
 * data.random} and {@code data.lang}.
 */
@NullMarked
package io.github.pumaspark.model.masking;

import org.jspecify.annotations.NullMarked;
