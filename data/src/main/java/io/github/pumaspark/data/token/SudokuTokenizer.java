package io.github.pumaspark.data.token;

import io.github.pumaspark.data.lang.Check;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * One token per cell of a Sudoku grid: 0 is a blank cell (and padding), 1 to the size are the
 * digits, then the mask (V = size + 2). As text a cell is one character: a digit, {@code .} (or
 * {@code 0}) for a blank, {@code _} for the mask; white space between cells is skipped.
 */
public final class SudokuTokenizer implements Tokenizer {
  static final String KIND = "sudoku";
  private static final int BLANK = 0;
  private static final int LARGEST_SIZE = 9;

  private final int size;

  /**
   * The tokenizer of grids of one size.
   *
   * @param size digits and side of the grid, in [1, 9]
   */
  public SudokuTokenizer(int size) {
    Check.argument(
        size >= 1 && size <= LARGEST_SIZE, "Invalid Sudoku size: %s (must be in [1, 9])", size);
    this.size = size;
  }

  @Override
  public String name() {
    return KIND + "-" + size;
  }

  @Override
  public int vocabSize() {
    return size + 2;
  }

  @Override
  public int maskTokenId() {
    return size + 1;
  }

  @Override
  public int padTokenId() {
    return BLANK;
  }

  @Override
  public int endTokenId() {
    return -1;
  }

  @Override
  public int[] encode(byte[] utf8) {
    int[] tokens = new int[utf8.length];
    int count = 0;
    for (byte character : utf8) {
      if (!Character.isWhitespace(character)) {
        tokens[count++] = token(character);
      }
    }
    return Arrays.copyOf(tokens, count);
  }

  @Override
  public byte[] decode(int[] tokens) {
    ByteArrayOutputStream cells = new ByteArrayOutputStream(tokens.length);
    for (int token : tokens) {
      Check.argument(
          token >= 0 && token < vocabSize(),
          "Invalid token: %s (must be in [0, %s))",
          token,
          vocabSize());
      cells.write(token == BLANK ? '.' : token == maskTokenId() ? '_' : '0' + token);
    }
    return cells.toByteArray();
  }

  @Override
  public TokenizerSpec spec() {
    return new TokenizerSpec(name(), KIND, vocabSize(), maskTokenId(), BLANK, -1, size);
  }

  private int token(byte character) {
    if (character == '.') {
      return BLANK;
    }
    if (character == '_') {
      return maskTokenId();
    }
    Check.argument(
        character >= '0' && character <= '0' + size,
        "Invalid Sudoku cell: '%s' (must be a digit from 0 to %s, '.' or '_')",
        (char) Byte.toUnsignedInt(character),
        size);
    return character - '0';
  }
}
