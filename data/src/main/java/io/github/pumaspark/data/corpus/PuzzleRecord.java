package io.github.pumaspark.data.corpus;

import io.github.pumaspark.data.sudoku.Puzzle;

/**
 * One puzzle with exactly one solution.
 *
 * @param source the file, as {@code path} or {@code path!entry}
 * @param line from 1, the header counted
 * @param puzzle clues and their solution, found by the solver if the file has none
 */
public record PuzzleRecord(String source, long line, Puzzle puzzle) implements CorpusRecord {}
