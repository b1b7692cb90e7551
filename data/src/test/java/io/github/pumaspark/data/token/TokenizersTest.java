package io.github.pumaspark.data.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.pumaspark.data.lang.ConfigException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokenizersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void everyByteSurvivesTheByteTokenizer() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < 256; i++) {
      bytes[i] = (byte) i;
    }
    ByteTokenizer tokenizer = new ByteTokenizer();

    assertThat(tokenizer.encode(bytes)).startsWith(0, 1, 2).endsWith(254, 255);
    assertThat(tokenizer.decode(tokenizer.encode(bytes))).isEqualTo(bytes);
  }

  @Test
  void specialIdsDecodeToNothing() {
    byte[] text = new ByteTokenizer().decode(new int[] {72, 258, 105, 256, 257});

    assertThat(new String(text, StandardCharsets.US_ASCII)).isEqualTo("Hi");
  }

  @Test
  void byteIdsArePinned() {
    assertThat(new ByteTokenizer().spec())
        .isEqualTo(new TokenizerSpec("byte", "byte", 259, 258, 257, 256, null));
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 6, 9})
  void sudokuIdsFollowTheSize(int size) {
    assertThat(new SudokuTokenizer(size).spec())
        .isEqualTo(new TokenizerSpec("sudoku-" + size, "sudoku", size + 2, size + 1, 0, -1, size));
  }

  @Test
  void sudokuCellsAreOneCharacterEach() {
    SudokuTokenizer tokenizer = new SudokuTokenizer(4);

    int[] tokens = tokenizer.encode("12 0.\n_4".getBytes(StandardCharsets.US_ASCII));

    assertThat(tokens).containsExactly(1, 2, 0, 0, 5, 4);
    assertThat(new String(tokenizer.decode(tokens), StandardCharsets.US_ASCII)).isEqualTo("12.._4");
  }

  @Test
  void cellsAndIdsOutsideAreRefused() {
    SudokuTokenizer tokenizer = new SudokuTokenizer(4);

    assertThatThrownBy(() -> tokenizer.encode(new byte[] {'1', '5'}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Invalid Sudoku cell: '5' (must be a digit from 0 to 4, '.' or '_')");
    assertThatThrownBy(() -> tokenizer.decode(new int[] {6}))
        .hasMessage("Invalid token: 6 (must be in [0, 6))");
    assertThatThrownBy(() -> new ByteTokenizer().decode(new int[] {259}))
        .hasMessage("Invalid token: 259 (must be in [0, 259))");
  }

  @Test
  void specSurvivesJsonUnderItsOwnNames() throws Exception {
    TokenizerSpec spec = new SudokuTokenizer(6).spec();

    String json = JSON.writeValueAsString(spec);

    assertThat(json)
        .isEqualTo(
            "{\"name\":\"sudoku-6\",\"kind\":\"sudoku\",\"vocab_size\":8,\"mask_id\":7,\"pad_id\":0,"
                + "\"eos_id\":-1,\"sudoku_size\":6}");
    assertThat(JSON.readValue(json, TokenizerSpec.class)).isEqualTo(spec);
    assertThat(JSON.writeValueAsString(new ByteTokenizer().spec())).doesNotContain("sudoku_size");
  }

  // Checkpoints and datasets store this hash: it must never change.
  @Test
  void specHashesArePinned() {
    assertThat(new ByteTokenizer().spec().sha256())
        .isEqualTo("cc0259c7fba1e530fd15fbedf2146d1b83e42cdf2b10510540c71eb0c54722f3");
    assertThat(new SudokuTokenizer(6).spec().sha256())
        .isEqualTo("8235d9ab3b16a2a93e3258dba22ba2beb6b463375c25c7d2ea8ea657af521dab");
  }

  @Test
  void specGivesItsTokenizerBack() {
    assertThat(Tokenizers.of(new ByteTokenizer().spec())).isInstanceOf(ByteTokenizer.class);
    assertThat(Tokenizers.of(new SudokuTokenizer(9).spec()).vocabSize()).isEqualTo(11);
  }

  @Test
  void unknownKindsAndOtherIdsAreRefused() {
    assertThatThrownBy(() -> Tokenizers.of(new TokenizerSpec("x", "bpe", 10, 9, 8, -1, null)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Cannot use tokenizer 'x': kind 'bpe' is unknown");
    assertThatThrownBy(
            () -> Tokenizers.of(new TokenizerSpec("x", "byte", 259, 257, 258, 256, null)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Use the build that wrote it");
    assertThatThrownBy(() -> Tokenizers.of(new TokenizerSpec("x", "sudoku", 18, 17, 0, -1, 16)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("sudoku_size 16");
  }
}
