package io.github.pumaspark.data.corpus;

/**
 * One document of text. The content is shared, never written.
 *
 * @param source the file, as {@code path} or {@code path!entry}
 * @param line 0 for a whole file; for a part of a file too long for one document, its first line
 *     from 1
 * @param content valid UTF-8 without NUL, at least one byte
 */
public record Document(String source, long line, byte[] content) implements CorpusRecord {}
