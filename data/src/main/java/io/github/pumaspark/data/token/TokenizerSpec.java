package io.github.pumaspark.data.token;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which tokenizer a dataset or a checkpoint was made with, as its JSON files store it.
 *
 * @param name name for people
 * @param kind what {@link Tokenizers} builds it from: {@code byte} or {@code sudoku}
 * @param vocabSize number of ids, mask and padding included
 * @param eosId id that ends a document, or -1
 * @param sudokuSize side of the grid for kind {@code sudoku}, else null
 */
@JsonNaming(SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonPropertyOrder({"name", "kind", "vocab_size", "mask_id", "pad_id", "eos_id", "sudoku_size"})
public record TokenizerSpec(
    String name,
    String kind,
    int vocabSize,
    int maskId,
    int padId,
    int eosId,
    @Nullable Integer sudokuSize)
    implements Serializable {
  public TokenizerSpec {
    Objects.requireNonNull(name, "tokenizer name is missing");
    Objects.requireNonNull(kind, "tokenizer kind is missing");
    Check.argument(vocabSize > 0, "Invalid tokenizer vocab_size: %s (must be positive)", vocabSize);
    Check.argument(
        maskId >= 0 && maskId < vocabSize, "Invalid tokenizer mask_id: %s (must be an id)", maskId);
    Check.argument(
        padId >= 0 && padId < vocabSize, "Invalid tokenizer pad_id: %s (must be an id)", padId);
    Check.argument(
        eosId >= -1 && eosId < vocabSize,
        "Invalid tokenizer eos_id: %s (must be an id or -1)",
        eosId);
  }

  /** Lower-case hexadecimal SHA-256 of all fields; the same in every process and version. */
  public String sha256() {
    String text =
        String.join(
            "\n",
            "name=" + name,
            "kind=" + kind,
            "vocab_size=" + vocabSize,
            "mask_id=" + maskId,
            "pad_id=" + padId,
            "eos_id=" + eosId,
            "sudoku_size=" + (sudokuSize == null ? "" : sudokuSize));
    return Storage.sha256Hex(text.getBytes(StandardCharsets.UTF_8));
  }
}
