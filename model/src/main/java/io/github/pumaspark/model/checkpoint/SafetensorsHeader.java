package io.github.pumaspark.model.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file, checked: tensors lie one after the other, without holes or
 * overlaps, and end where the file ends.
 *
 * @param tensors in file order
 */
record SafetensorsHeader(SortedMap<String, String> metadata, List<TensorInfo> tensors) {
  static final String METADATA_KEY = "__metadata__";

  /** Largest header, in bytes; the format's own limit. */
  static final int MAX_BYTES = 100_000_000;

  private static final int ALIGNMENT = 8;
  private static final int MAX_QUOTED = 200;
  private static final String TYPE = "dtype";
  private static final String SHAPE = "shape";
  private static final String OFFSETS = "data_offsets";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The header's JSON text, padded with spaces so that data starts aligned. */
  byte[] toJson() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(METADATA_KEY);
      metadata.forEach(node::put);
    }
    long begin = 0;
    for (TensorInfo tensor : tensors) {
      ObjectNode node = root.putObject(tensor.name()).put(TYPE, tensor.type().name());
      tensor.shape().forEach(node.putArray(SHAPE)::add);
      node.putArray(OFFSETS).add(begin).add(begin + tensor.bytes());
      begin += tensor.bytes();
    }
    byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
    byte[] padded = new byte[(json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT];
    Arrays.fill(padded, (byte) ' ');
    System.arraycopy(json, 0, padded, 0, json.length);
    return padded;
  }

  /**
   * Reads a header's JSON text.
   *
   * @param dataBytes what the file holds after the header
   * @throws CorruptCheckpointException naming the file and, where there is one, the tensor
   */
  static SafetensorsHeader parse(Path file, byte[] json, long dataBytes)
      throws CorruptCheckpointException {
    JsonNode root = tree(file, json);
    TreeMap<String, String> metadata = new TreeMap<>();
    List<Entry> entries = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals(METADATA_KEY)) {
        readMetadata(file, field.getValue(), metadata);
      } else {
        entries.add(entry(file, field.getKey(), field.getValue()));
      }
    }
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long expected = 0;
    for (Entry entry : entries) {
      if (entry.begin() != expected) {
        throw corrupt(
            file,
            entry.info().name(),
            "starts at data byte " + entry.begin() + ", the tensor before it ends at " + expected);
      }
      if (entry.end() > dataBytes) {
        throw corrupt(
            file,
            entry.info().name(),
            "ends at data byte "
                + entry.end()
                + ", the file has "
                + dataBytes
                + " of them; it was truncated or altered");
      }
      expected = entry.end();
    }
    if (expected != dataBytes) {
      throw new CorruptCheckpointException(
          file, "its tensors take " + expected + " data bytes, the file has " + dataBytes);
    }
    return new SafetensorsHeader(metadata, entries.stream().map(Entry::info).toList());
  }

  private record Entry(TensorInfo info, long begin, long end) {}

  private static JsonNode tree(Path file, byte[] json) throws CorruptCheckpointException {
    if (json.length == 0 || json[0] != '{') {
      throw new CorruptCheckpointException(file, "its header does not start with '{'");
    }
    try {
      // Jackson guesses the encoding of bytes, and would read UTF-16 too.
      return JSON.readTree(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString());
    } catch (CharacterCodingException e) {
      throw new CorruptCheckpointException(file, "its header is not UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new CorruptCheckpointException(
          file, "its header is not valid JSON: " + quoted(e.getOriginalMessage()), e);
    }
  }

  private static void readMetadata(Path file, JsonNode node, Map<String, String> metadata)
      throws CorruptCheckpointException {
    if (!node.isObject()) {
      throw new CorruptCheckpointException(file, "'" + METADATA_KEY + "' is not an object");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw new CorruptCheckpointException(
            file, METADATA_KEY + " entry " + quoted(field.getKey()) + " is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private static Entry entry(Path file, String name, JsonNode node)
      throws CorruptCheckpointException {
    TensorType type = type(node.path(TYPE).textValue());
    if (type == null) {
      throw corrupt(file, name, "has no known " + TYPE + ": " + shortened(node.path(TYPE)));
    }
    List<Long> shape = naturals(node.path(SHAPE));
    long bytes = shape == null ? -1 : TensorInfo.byteCount(type, shape);
    if (shape == null || bytes < 0) {
      throw corrupt(file, name, "has no valid " + SHAPE + ": " + shortened(node.path(SHAPE)));
    }
    List<Long> offsets = naturals(node.path(OFFSETS));
    if (offsets == null || offsets.size() != 2) {
      throw corrupt(file, name, "has no valid " + OFFSETS + ": " + shortened(node.path(OFFSETS)));
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (end - begin != bytes) {
      throw corrupt(
          file,
          name,
          "has " + OFFSETS + " " + offsets + ", but " + type + " " + shape + " takes " + bytes
              + " bytes");
    }
    return new Entry(new TensorInfo(name, type, shape), begin, end);
  }

  private static @Nullable TensorType type(@Nullable String name) {
    for (TensorType type : TensorType.values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }

  /** An array of integers in [0, 2^63); null if it is anything else. */
  private static @Nullable List<Long> naturals(JsonNode node) {
    if (!node.isArray()) {
      return null;
    }
    List<Long> values = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.longValue() < 0) {
        return null;
      }
      values.add(element.longValue());
    }
    return values;
  }

  private static String shortened(JsonNode node) {
    return node.isMissingNode() ? "none" : quoted(node.toString());
  }

  /** A foreign text made fit for a one-line message. */
  static String quoted(String text) {
    String line = text.replaceAll("\\p{Cntrl}", "?");
    return "'" + (line.length() <= MAX_QUOTED ? line : line.substring(0, MAX_QUOTED) + "...") + "'";
  }

  private static CorruptCheckpointException corrupt(Path file, String tensor, String reason) {
    return new CorruptCheckpointException(file, "tensor " + quoted(tensor) + " " + reason);
  }
}
