package io.github.pumaspark.model.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import java.io.IOException;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The {@code config.json} of an export: the network's settings under the names that transformers
 * uses, and the run's lineage under {@code puma_lineage}.
 *
 * @param network with its vocabulary size and longest row filled in
 * @param sequenceLength length of the rows it was trained on (L)
 * @param lineage what {@link ExportLineage} says; an empty object if there is none
 */
record HfConfig(NetworkConfig network, int sequenceLength, JsonNode lineage) {
  static final String NAME = "config.json";
  static final String MODEL_TYPE = "puma_denoiser";

  private static final int MAX_BYTES = 1 << 20;
  static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** The text of the file. */
  String toJson(TokenizerSpec tokenizer) {
    ObjectNode root = JSON.createObjectNode();
    root.put("model_type", MODEL_TYPE);
    root.putArray("architectures").add("PumaDenoiser");
    root.putObject("auto_map")
        .put("AutoConfig", "configuration_puma.PumaConfig")
        .put("AutoModel", "modeling_puma.PumaDenoiser");
    root.put("torch_dtype", "float32");
    root.put("vocab_size", network.vocabSize());
    root.put("hidden_size", network.width());
    root.put("intermediate_size", network.feedForwardWidth());
    root.put("num_hidden_layers", network.layers());
    root.put("num_attention_heads", network.heads());
    root.put("num_key_value_heads", network.keyValueHeads());
    root.put("max_position_embeddings", network.maxPositions());
    root.put("sequence_length", sequenceLength);
    root.put("hidden_act", "silu");
    root.put("rope_theta", network.ropeBase());
    root.put("rms_norm_eps", network.normEpsilon());
    root.put("tie_word_embeddings", network.tiedHead());
    root.put("is_causal", network.causal());
    root.put("branch_dropout", network.dropout());
    root.put("initializer_range", network.initStd());
    root.put("profile", network.profile().name().toLowerCase(Locale.ROOT));
    root.put("mask_token_id", tokenizer.maskId());
    root.put("pad_token_id", tokenizer.padId());
    if (tokenizer.eosId() >= 0) {
      root.put("eos_token_id", tokenizer.eosId());
    }
    root.set("puma_lineage", lineage);
    return json(root);
  }

  /**
   * Reads the file of an export.
   *
   * @throws ConfigException naming the file and the key
   */
  static HfConfig read(Path directory, Configuration configuration) throws IOException {
    Path file = new Path(directory, NAME);
    if (!Storage.of(file, configuration).exists(file)) {
      throw new ConfigException(
          "Cannot import from '%s': it has no '%s'. Give the directory of an export, or --format puma-reference."
              .formatted(directory, NAME));
    }
    Keys keys = new Keys(file, parse(file, Storage.read(file, configuration, MAX_BYTES)));
    String type = keys.node("model_type").asText();
    if (!type.equals(MODEL_TYPE)) {
      throw keys.invalid("model_type", "must be '" + MODEL_TYPE + "'");
    }
    try {
      NetworkConfig network =
          new NetworkConfig(
              keys.count("vocab_size"),
              keys.count("max_position_embeddings"),
              keys.count("hidden_size"),
              keys.count("num_hidden_layers"),
              keys.count("num_attention_heads"),
              keys.count("num_key_value_heads"),
              keys.count("intermediate_size"),
              keys.number("rope_theta"),
              keys.number("rms_norm_eps"),
              keys.flag("tie_word_embeddings"),
              keys.flag("is_causal"),
              keys.number("branch_dropout"),
              keys.number("initializer_range"),
              keys.profile());
      return new HfConfig(network, keys.count("sequence_length"), keys.root.path("puma_lineage"));
    } catch (IllegalArgumentException e) {
      throw new ConfigException("Cannot read '" + file + "': " + e.getMessage());
    }
  }

  /** Indented, with a line end. */
  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write as JSON: " + value, e);
    }
  }

  /** Parses a JSON object of a foreign file. */
  static JsonNode parse(Path file, byte[] bytes) throws IOException {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (root == null || !root.isObject()) {
        throw new ConfigException("Cannot read '" + file + "': it is not a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          "Cannot read '%s': not JSON, line %s"
              .formatted(file, e.getLocation() == null ? "?" : e.getLocation().getLineNr()));
    }
  }

  private record Keys(Path file, JsonNode root) {
    JsonNode node(String key) {
      return root.path(key);
    }

    int count(String key) {
      JsonNode node = node(key);
      if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() <= 0) {
        throw invalid(key, "must be a positive integer");
      }
      return node.intValue();
    }

    double number(String key) {
      if (!node(key).isNumber()) {
        throw invalid(key, "must be a number");
      }
      return node(key).doubleValue();
    }

    boolean flag(String key) {
      if (!node(key).isBoolean()) {
        throw invalid(key, "must be true or false");
      }
      return node(key).booleanValue();
    }

    NetworkProfile profile() {
      for (NetworkProfile profile : NetworkProfile.values()) {
        if (profile.name().toLowerCase(Locale.ROOT).equals(node("profile").asText())) {
          return profile;
        }
      }
      throw invalid("profile", "must be default or reference");
    }

    ConfigException invalid(String key, String rule) {
      JsonNode found = node(key);
      return new ConfigException(
          "Invalid %s in '%s': %s (%s)"
              .formatted(key, file, found.isMissingNode() ? "missing" : found.toString(), rule));
    }
  }
}
