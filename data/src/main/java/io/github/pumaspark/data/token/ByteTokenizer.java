package io.github.pumaspark.data.token;

import io.github.pumaspark.data.lang.Check;
import java.io.ByteArrayOutputStream;

/**
 * One token per byte: ids 0 to 255 are the bytes, then end of document, padding and mask (V = 259).
 *
 * <p>Any byte sequence has ids; decoding leaves the three special ids out.
 */
public final class ByteTokenizer implements Tokenizer {
  static final String KIND = "byte";
  private static final int BYTES = 256;
  private static final int END = 256;
  private static final int PAD = 257;
  private static final int MASK = 258;

  @Override
  public String name() {
    return KIND;
  }

  @Override
  public int vocabSize() {
    return MASK + 1;
  }

  @Override
  public int maskTokenId() {
    return MASK;
  }

  @Override
  public int padTokenId() {
    return PAD;
  }

  @Override
  public int endTokenId() {
    return END;
  }

  @Override
  public int[] encode(byte[] utf8) {
    int[] tokens = new int[utf8.length];
    for (int i = 0; i < utf8.length; i++) {
      tokens[i] = Byte.toUnsignedInt(utf8[i]);
    }
    return tokens;
  }

  @Override
  public byte[] decode(int[] tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(tokens.length);
    for (int token : tokens) {
      Check.argument(
          token >= 0 && token <= MASK, "Invalid token: %s (must be in [0, %s))", token, MASK + 1);
      if (token < BYTES) {
        bytes.write(token);
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public TokenizerSpec spec() {
    return new TokenizerSpec(KIND, KIND, vocabSize(), MASK, PAD, END, null);
  }
}
