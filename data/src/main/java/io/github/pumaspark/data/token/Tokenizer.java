package io.github.pumaspark.data.token;

/** Turns bytes into token ids and back. Implementations are immutable and thread-safe. */
public interface Tokenizer {
  /** Name for people, for example {@code byte} or {@code sudoku-6}. */
  String name();

  /** Number of ids, mask and padding included (V); ids are in [0, V). */
  int vocabSize();

  /** The id standing for "unknown"; never among the tokens of a clean row. */
  int maskTokenId();

  /** The id after the used positions of a row. */
  int padTokenId();

  /** The id that ends a document, or -1 if there is none. */
  int endTokenId();

  /**
   * Ids of a text, without an end token.
   *
   * @throws IllegalArgumentException if the text has something this tokenizer has no id for
   */
  int[] encode(byte[] utf8);

  /**
   * The text of some ids; ids that stand for no text (end, padding) give nothing.
   *
   * @throws IllegalArgumentException if an id is not in [0, V)
   */
  byte[] decode(int[] tokens);

  /** What a dataset or a checkpoint stores to say which tokenizer it needs. */
  TokenizerSpec spec();
}
