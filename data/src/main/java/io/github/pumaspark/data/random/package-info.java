/**
 * Counter-based randomness: every draw is a pure function of (seed, purpose, ids), so any process
 * can repeat any draw. Plain numbers in and out; imports only {@code lang}.
 */
@NullMarked
package io.github.pumaspark.data.random;

import org.jspecify.annotations.NullMarked;
