/**
 * Sudoku of sizes 4, 6 and 9: grids as {@code int[cells]} in row-major order, 0 for a blank, digits
 * from 1. Rules, solver, generator, and the {@code puzzle,solution} CSV that users' files have too.
 *
 * <p>In: a seed and an index, or text. Out: {@link Puzzle}s with exactly one solution. Imports only
 * {@code lang}, {@code random} and {@code storage}; knows nothing of tokens.
 */
@NullMarked
package io.github.pumaspark.data.sudoku;

import org.jspecify.annotations.NullMarked;
