package io.github.pumaspark.data.token;

import io.github.pumaspark.data.lang.ConfigException;

/** Builds the tokenizer that a stored {@link TokenizerSpec} names. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * The tokenizer of a specification.
   *
   * @throws ConfigException if this build has no such kind, or builds it with other ids
   */
  public static Tokenizer of(TokenizerSpec spec) {
    Tokenizer tokenizer =
        switch (spec.kind()) {
          case ByteTokenizer.KIND -> new ByteTokenizer();
          case SudokuTokenizer.KIND -> {
            Integer size = spec.sudokuSize();
            if (size == null || size < 1 || size > 9) {
              throw new ConfigException(
                  "Invalid tokenizer '%s': sudoku_size %s (must be in [1, 9])"
                      .formatted(spec.name(), size));
            }
            yield new SudokuTokenizer(size);
          }
          default ->
              throw new ConfigException(
                  "Cannot use tokenizer '%s': kind '%s' is unknown (this build has byte, sudoku). Use a newer build."
                      .formatted(spec.name(), spec.kind()));
        };
    if (!tokenizer.spec().equals(spec)) {
      throw new ConfigException(
          "Cannot use tokenizer '%s': it was stored as %s, this build has %s. Use the build that wrote it."
              .formatted(spec.name(), spec, tokenizer.spec()));
    }
    return tokenizer;
  }
}
