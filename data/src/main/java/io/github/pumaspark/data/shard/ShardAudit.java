package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole shard from any file system in one pass and lists every difference from its entry:
 * size, SHA-256, each batch's checksum, and what the rows themselves add up to.
 */
public final class ShardAudit {
  private final Path file;
  private final ShardEntry entry;
  private final ShardLayout layout;
  private final TokenizerSpec tokenizer;
  private final List<Mismatch> mismatches = new ArrayList<>();
  private long rows;
  private long tokens;
  private int maxTokenId = -1;

  private ShardAudit(Path file, ShardEntry entry, ShardLayout layout, TokenizerSpec tokenizer) {
    this.file = file;
    this.entry = entry;
    this.layout = layout;
    this.tokenizer = tokenizer;
  }

  /** The differences between a file and its entry, in the order of the file; empty if none. */
  public static List<Mismatch> audit(
      Path file,
      Configuration configuration,
      ShardEntry entry,
      ShardLayout layout,
      TokenizerSpec tokenizer)
      throws IOException {
    ShardAudit audit = new ShardAudit(file, entry, layout, tokenizer);
    FileSystem fs = Storage.of(file, configuration);
    if (!fs.exists(file)) {
      audit.differ("file", "present", "missing");
      return List.copyOf(audit.mismatches);
    }
    long bytes = fs.getFileStatus(file).getLen();
    if (bytes != entry.bytes()) {
      // All that follows from another size would only repeat it.
      audit.differ("bytes", entry.bytes(), bytes);
      return List.copyOf(audit.mismatches);
    }
    try (InputStream in = fs.open(file)) {
      audit.read(in);
    }
    return List.copyOf(audit.mismatches);
  }

  private void read(InputStream in) throws IOException {
    MessageDigest digest = Storage.sha256();
    List<BatchEntry> batches = entry.batches();
    long headBytes = batches.isEmpty() ? entry.bytes() : batches.get(0).offset();
    ShardColumns columns = columns(next(in, digest, headBytes));
    boolean complete = columns != null;
    long firstRow = entry.firstRow();
    for (int b = 0; b < batches.size(); b++) {
      byte[] message = next(in, digest, batches.get(b).bytes());
      if (columns != null) {
        complete &= addBatch(b, firstRow, message, columns);
      }
      firstRow += batches.get(b).rows();
    }
    next(in, digest, entry.bytes() - headBytes - batchBytes());
    String sha256 = HexFormat.of().formatHex(digest.digest());
    differ("sha256", entry.sha256(), sha256);
    if (complete) {
      differ("rows", entry.rows(), rows);
      differ("tokens", entry.tokens(), tokens);
      differ("max_token_id", entry.maxTokenId(), maxTokenId);
    }
  }

  private @Nullable ShardColumns columns(byte[] head) {
    try {
      return ShardColumns.read(file.getName(), ByteBuffer.wrap(head), layout, tokenizer.sha256());
    } catch (CorruptShardException | ConfigException e) {
      mismatches.add(new Mismatch(file.getName(), "schema", "readable", "not: " + e.getMessage()));
      return null;
    }
  }

  private boolean addBatch(int batch, long firstRow, byte[] message, ShardColumns columns) {
    String what = "batch " + batch + " at byte " + entry.batches().get(batch).offset();
    try {
      BatchView view =
          ShardReader.check(file.getName(), entry, batch, ByteBuffer.wrap(message), columns);
      for (int r = 0; r < view.rows(); r++) {
        addRow(view.row(r), view.rowId(r), firstRow + r);
      }
      return true;
    } catch (CorruptShardException | IllegalArgumentException e) {
      mismatches.add(new Mismatch(file.getName(), what, "as written", "not: " + e.getMessage()));
      return false;
    }
  }

  private void addRow(TokenRow row, long rowId, long expectedId) {
    differ("row_id of row " + (expectedId - entry.firstRow()), expectedId, rowId);
    for (int token : row.tokens()) {
      maxTokenId = Math.max(maxTokenId, token);
    }
    rows++;
    tokens += row.tokenCount();
  }

  private long batchBytes() {
    return entry.batches().stream().mapToLong(BatchEntry::bytes).sum();
  }

  private static byte[] next(InputStream in, MessageDigest digest, long bytes) throws IOException {
    byte[] read = new byte[Math.toIntExact(bytes)];
    int length = in.readNBytes(read, 0, read.length);
    digest.update(read, 0, length);
    return length == read.length ? read : Arrays.copyOf(read, length);
  }

  private void differ(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      mismatches.add(new Mismatch(file.getName(), what, expected.toString(), found.toString()));
    }
  }
}
