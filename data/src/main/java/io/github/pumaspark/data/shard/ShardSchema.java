package io.github.pumaspark.data.shard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** Columns and metadata of a shard, in Arrow's words and in those of Hugging Face datasets. */
public final class ShardSchema {
  /** Version of the shard and manifest format that this build writes, and the newest it reads. */
  public static final int VERSION = 1;

  static final String VERSION_KEY = "ts.schema_version";
  static final String TOKENIZER_KEY = "ts.tokenizer_sha256";
  static final String SEQUENCE_LENGTH_KEY = "ts.seq_len";
  static final String INPUT_IDS = "input_ids";
  static final String PROMPT_MASK = "prompt_mask";
  static final String DOC_LENS = "doc_lens";
  static final String PROMPT_LENS = "prompt_lens";
  static final String N_TOKENS = "n_tokens";
  static final String SOURCE_ID = "source_id";
  static final String ROW_ID = "row_id";
  private static final ObjectMapper JSON = new ObjectMapper();

  private ShardSchema() {}

  /**
   * The value of {@code features} in Hugging Face's {@code dataset_info.json}, ready for Jackson.
   */
  public static Map<String, Object> huggingFaceFeatures(ShardLayout layout) {
    int length = layout.sequenceLength();
    Map<String, Object> features = new LinkedHashMap<>();
    features.put(INPUT_IDS, sequence(layout.tokenType().arrowName(), length));
    if (layout.promptMask()) {
      features.put(PROMPT_MASK, sequence("bool", length));
    }
    features.put(DOC_LENS, sequence("int32", -1));
    features.put(PROMPT_LENS, sequence("int32", -1));
    features.put(N_TOKENS, value("int32"));
    features.put(SOURCE_ID, value("int16"));
    features.put(ROW_ID, value("int64"));
    return features;
  }

  static Schema of(ShardLayout layout, String tokenizerSha256) {
    int length = layout.sequenceLength();
    List<Field> fields = new ArrayList<>();
    fields.add(
        fixedList(
            INPUT_IDS, length, new ArrowType.Int(layout.tokenType().bytes() * Byte.SIZE, false)));
    if (layout.promptMask()) {
      fields.add(fixedList(PROMPT_MASK, length, ArrowType.Bool.INSTANCE));
    }
    fields.add(list(DOC_LENS));
    fields.add(list(PROMPT_LENS));
    fields.add(field(N_TOKENS, new ArrowType.Int(32, true), List.of()));
    fields.add(field(SOURCE_ID, new ArrowType.Int(16, true), List.of()));
    fields.add(field(ROW_ID, new ArrowType.Int(64, true), List.of()));
    Map<String, String> metadata = new TreeMap<>();
    metadata.put(VERSION_KEY, Integer.toString(VERSION));
    metadata.put(TOKENIZER_KEY, tokenizerSha256);
    metadata.put(SEQUENCE_LENGTH_KEY, Integer.toString(length));
    metadata.put("huggingface", huggingFaceInfo(layout));
    return new Schema(fields, metadata);
  }

  private static String huggingFaceInfo(ShardLayout layout) {
    try {
      return JSON.writeValueAsString(
          Map.of("info", Map.of("features", huggingFaceFeatures(layout))));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of strings and numbers are always JSON", e);
    }
  }

  private static Field fixedList(String name, int length, ArrowType item) {
    return field(
        name, new ArrowType.FixedSizeList(length), List.of(field("item", item, List.of())));
  }

  private static Field list(String name) {
    return field(
        name,
        ArrowType.List.INSTANCE,
        List.of(field("item", new ArrowType.Int(32, true), List.of())));
  }

  private static Field field(String name, ArrowType type, List<Field> children) {
    // No field ever holds a null. Declaring that would make the schema differ from the one that
    // Hugging
    // Face datasets derives from the features, and it would copy every table into memory to convert
    // it.
    return new Field(name, FieldType.nullable(type), children);
  }

  // Older releases of Hugging Face datasets know only "Sequence"; newer ones read it as "List".
  private static Map<String, Object> sequence(String dtype, int length) {
    Map<String, Object> feature = new LinkedHashMap<>();
    feature.put("feature", value(dtype));
    feature.put("length", length);
    feature.put("_type", "Sequence");
    return feature;
  }

  private static Map<String, Object> value(String dtype) {
    Map<String, Object> feature = new LinkedHashMap<>();
    feature.put("dtype", dtype);
    feature.put("_type", "Value");
    return feature;
  }
}
