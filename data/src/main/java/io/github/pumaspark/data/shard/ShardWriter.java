package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.arrow.vector.ipc.message.IpcOption;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Writes one shard from rows in order. The bytes are a pure function of the layout, the tokenizer,
 * the number of the first row and the rows, so a repeated task writes the same file.
 *
 * <p>Made inside a task; not thread-safe. Memory: about one record batch.
 */
public final class ShardWriter {
  private final ShardLayout layout;
  private final TokenizerSpec tokenizer;

  /**
   * A writer for rows of one layout.
   *
   * @throws IllegalArgumentException if the layout's token type cannot hold every id
   */
  public ShardWriter(ShardLayout layout, TokenizerSpec tokenizer) {
    Check.argument(
        TokenType.of(tokenizer.vocabSize()).bytes() <= layout.tokenType().bytes(),
        "Invalid token type: %s (tokenizer '%s' has %s ids)",
        layout.tokenType().arrowName(),
        tokenizer.name(),
        tokenizer.vocabSize());
    this.layout = layout;
    this.tokenizer = tokenizer;
  }

  /** File name of the shard at an index of {@code count}, for example data-00000-of-00004.arrow. */
  public static String fileName(int index, int count) {
    Check.argument(index >= 0 && index < count, "Invalid shard index: %s of %s", index, count);
    return String.format(Locale.ROOT, "data-%05d-of-%05d.arrow", index, count);
  }

  /**
   * Writes the rows to a file that appears complete or not at all, replacing an earlier one.
   *
   * @param file its name becomes the entry's path
   * @param firstRow global number of the first row
   * @param rows consumed to the end; may be empty
   * @return the shard's entry for the manifest
   * @throws IllegalArgumentException if a row does not fit the layout or the tokenizer
   * @throws IOException if the file cannot be written, or would pass 2 GiB (use more shards)
   */
  public ShardEntry write(
      Path file, long firstRow, Iterator<TokenRow> rows, Configuration configuration)
      throws IOException {
    Check.argument(firstRow >= 0, "Invalid first row: %s (must not be negative)", firstRow);
    Shard shard = new Shard(file, firstRow);
    Storage.writeAtomically(file, configuration, out -> shard.write(out, rows));
    return shard.entry();
  }

  /** One file in the making. */
  private final class Shard {
    private final Path file;
    private final long firstRow;
    private final BatchBuilder batch = new BatchBuilder(layout);
    private final List<BatchEntry> batches = new ArrayList<>();
    private String sha256 = "";
    private long bytes;
    private long rowCount;
    private long tokenCount;
    private int maxTokenId = -1;

    Shard(Path file, long firstRow) {
      this.file = file;
      this.firstRow = firstRow;
    }

    void write(OutputStream stream, Iterator<TokenRow> rows) throws IOException {
      ShardOutput out = new ShardOutput(stream);
      out.writeHead(
          MessageSerializer.serializeMetadata(
              ShardSchema.of(layout, tokenizer.sha256()), IpcOption.DEFAULT));
      while (rows.hasNext()) {
        TokenRow row = rows.next();
        check(row);
        batch.add(row, firstRow + rowCount);
        rowCount++;
        tokenCount += row.tokenCount();
        if (batch.isFull()) {
          flush(out);
        }
      }
      flush(out);
      out.writeEnd();
      bytes = out.position();
      sha256 = out.sha256();
    }

    ShardEntry entry() {
      return new ShardEntry(
          file.getName(), bytes, sha256, rowCount, tokenCount, firstRow, maxTokenId, batches);
    }

    private void flush(ShardOutput out) throws IOException {
      if (batch.rows() == 0) {
        return;
      }
      long offset = out.position();
      out.takeCrc32c();
      int rows = batch.rows();
      batch.writeTo(out);
      if (out.position() > Integer.MAX_VALUE - ShardOutput.ALIGNMENT) {
        throw new IOException(
            "Cannot write shard '%s': it would be longer than 2 GiB. Use more shards."
                .formatted(file));
      }
      batches.add(new BatchEntry(offset, (int) (out.position() - offset), rows, out.takeCrc32c()));
    }

    private void check(TokenRow row) {
      int[] tokens = row.tokens();
      Check.argument(
          tokens.length == layout.sequenceLength(),
          "Invalid row %s: %s tokens (must be %s)",
          firstRow + rowCount,
          tokens.length,
          layout.sequenceLength());
      Check.argument(
          (row.prompt() != null) == layout.promptMask(),
          "Invalid row %s: a prompt mask is %s by the layout",
          firstRow + rowCount,
          layout.promptMask() ? "required" : "not allowed");
      for (int i = 0; i < tokens.length; i++) {
        int token = tokens[i];
        boolean valid =
            i < row.tokenCount()
                ? token >= 0 && token < tokenizer.vocabSize() && token != tokenizer.maskId()
                : token == tokenizer.padId();
        if (!valid) {
          throw new IllegalArgumentException(
              "Invalid row %d: token %d at position %d (%s)"
                  .formatted(
                      firstRow + rowCount,
                      token,
                      i,
                      i < row.tokenCount()
                          ? "must be in [0, " + tokenizer.vocabSize() + ") and not the mask"
                          : "padding must be " + tokenizer.padId()));
        }
        maxTokenId = Math.max(maxTokenId, token);
      }
    }
  }
}
