package io.github.pumaspark.data.shard;

import io.github.pumaspark.data.lang.ConfigException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.vector.TypeLayout;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Where the columns of a shard lie among the buffers of its record batches, found by name so that
 * columns added later do no harm.
 *
 * @param inputIds number of the buffer with the tokens; the others likewise
 * @param promptMask -1 if the layout has none
 * @param docLens number of the offsets buffer; the items are two further on; likewise promptLens
 */
record ShardColumns(
    ShardLayout layout,
    int inputIds,
    int promptMask,
    int docLens,
    int promptLens,
    int nTokens,
    int sourceId,
    int rowId) {
  private static final int HEAD_BYTES = 2 * Integer.BYTES;

  /**
   * Reads the schema message at the start of a shard.
   *
   * @param head at least the bytes before the first record batch
   * @throws CorruptShardException if it is not the schema of this layout and tokenizer
   * @throws ConfigException if a newer build wrote the shard
   */
  static ShardColumns read(
      String file, ByteBuffer head, ShardLayout layout, String tokenizerSha256) {
    Schema found = schema(file, head);
    Map<String, String> metadata = found.getCustomMetadata();
    String version = metadata.getOrDefault(ShardSchema.VERSION_KEY, "");
    if (!version.matches("[1-9][0-9]{0,8}")) {
      throw CorruptShardException.shard(
          file, "it has no " + ShardSchema.VERSION_KEY + ", so it is not one of this program's");
    }
    if (Integer.parseInt(version) > ShardSchema.VERSION) {
      throw new ConfigException(
          "Cannot read shard '%s': format version %s, this build reads 1 to %d. Use a newer build."
              .formatted(file, version, ShardSchema.VERSION));
    }
    String tokenizer = metadata.getOrDefault(ShardSchema.TOKENIZER_KEY, "");
    if (!tokenizer.equals(tokenizerSha256)) {
      throw CorruptShardException.shard(
          file,
          "its tokenizer has sha256 '%s', the manifest's has '%s'"
              .formatted(tokenizer, tokenizerSha256));
    }
    return columns(file, found, layout, tokenizerSha256);
  }

  private static Schema schema(String file, ByteBuffer head) {
    try {
      ByteBuffer bytes = head.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      if (bytes.getInt() != ShardOutput.CONTINUATION) {
        throw CorruptShardException.shard(file, "it is not an Arrow stream");
      }
      int length = bytes.getInt();
      if (length <= 0 || length > bytes.remaining()) {
        throw CorruptShardException.shard(file, "its schema is damaged");
      }
      Message message =
          Message.getRootAsMessage(bytes.slice(HEAD_BYTES, length).order(ByteOrder.LITTLE_ENDIAN));
      if (message.headerType() != MessageHeader.Schema) {
        throw CorruptShardException.shard(file, "it does not start with a schema");
      }
      return MessageSerializer.deserializeSchema(message);
    } catch (CorruptShardException e) {
      throw e;
    } catch (RuntimeException e) {
      // Damaged flatbuffers fail in any of a dozen ways.
      throw CorruptShardException.shard(file, "its schema is damaged", e);
    }
  }

  private static ShardColumns columns(
      String file, Schema found, ShardLayout layout, String tokenizerSha256) {
    Map<String, Field> fields = new HashMap<>();
    Map<String, Integer> firstBuffer = new HashMap<>();
    int buffers = 0;
    for (Field field : found.getFields()) {
      fields.put(field.getName(), field);
      firstBuffer.put(field.getName(), buffers);
      buffers += buffers(field);
    }
    Map<String, Integer> dataBuffer = new HashMap<>();
    for (Field wanted : ShardSchema.of(layout, tokenizerSha256).getFields()) {
      Field field = fields.get(wanted.getName());
      if (!wanted.equals(field)) {
        throw CorruptShardException.shard(
            file,
            "its column '%s' is '%s', the manifest's layout says '%s'"
                .formatted(wanted.getName(), field == null ? "missing" : field, wanted));
      }
      // Validity comes first; a fixed-size list has no buffer but it, and its item's validity
      // follows.
      boolean fixedList =
          wanted.getName().equals(ShardSchema.INPUT_IDS)
              || wanted.getName().equals(ShardSchema.PROMPT_MASK);
      dataBuffer.put(
          wanted.getName(), firstBuffer.getOrDefault(wanted.getName(), 0) + (fixedList ? 2 : 1));
    }
    return new ShardColumns(
        layout,
        dataBuffer.getOrDefault(ShardSchema.INPUT_IDS, -1),
        dataBuffer.getOrDefault(ShardSchema.PROMPT_MASK, -1),
        dataBuffer.getOrDefault(ShardSchema.DOC_LENS, -1),
        dataBuffer.getOrDefault(ShardSchema.PROMPT_LENS, -1),
        dataBuffer.getOrDefault(ShardSchema.N_TOKENS, -1),
        dataBuffer.getOrDefault(ShardSchema.SOURCE_ID, -1),
        dataBuffer.getOrDefault(ShardSchema.ROW_ID, -1));
  }

  private static int buffers(Field field) {
    int count = TypeLayout.getTypeBufferCount(field.getType());
    for (Field child : field.getChildren()) {
      count += buffers(child);
    }
    return count;
  }
}
