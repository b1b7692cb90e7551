package io.github.pumaspark.model.export;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.checkpoint.FlatTensors;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * What a file calls our tensors. Patterns stand for all blocks: {@code *} is the block's number.
 * Matrices are {@code [out, in]} in both.
 *
 * @param patterns theirs by ours; a tensor that matches none has our name there too
 */
public record TensorNames(Map<String, String> patterns) {
  private static final Pattern BLOCK = Pattern.compile("^model\\.layers\\.([0-9]+)\\.");
  private static final int MAX_BYTES = 1 << 20;

  public TensorNames {
    patterns = Map.copyOf(patterns);
  }

  /** Our own names, which are those of transformers' Qwen2. */
  public static TensorNames ours() {
    return new TensorNames(Map.of());
  }

  /**
   * The names in the state dictionaries of PUMA's reference implementation (its {@code
   * model/transformer.py}, class {@code MDMTransformer}). There {@code w1} is the branch that stays
   * linear, {@code w2} the one under SiLU, and {@code w3} leads back; the rotary tables are not
   * stored.
   */
  public static TensorNames reference() {
    Map<String, String> names = new LinkedHashMap<>();
    names.put("model.embed_tokens.weight", "emb.weight");
    names.put("model.layers.*.input_layernorm.weight", "layers.*.attn_norm.weight");
    for (String projection : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
      for (String part : List.of(".weight", ".bias")) {
        names.put(
            "model.layers.*.self_attn." + projection + part, "layers.*.attn." + projection + part);
      }
    }
    names.put("model.layers.*.post_attention_layernorm.weight", "layers.*.mlp_norm.weight");
    names.put("model.layers.*.mlp.gate_proj.weight", "layers.*.mlp.w2.weight");
    names.put("model.layers.*.mlp.up_proj.weight", "layers.*.mlp.w1.weight");
    names.put("model.layers.*.mlp.down_proj.weight", "layers.*.mlp.w3.weight");
    names.put("model.norm.weight", "final_norm.weight");
    names.put("lm_head.weight", "lm_head.weight");
    return new TensorNames(names);
  }

  /**
   * These names with some replaced by those of a text file, one {@code ours = theirs} a line, where
   * both sides may have {@code *} for the block's number; {@code #} starts a comment.
   *
   * @throws ConfigException naming file and line
   */
  public TensorNames with(Path file, Configuration configuration) throws IOException {
    Map<String, String> names = new LinkedHashMap<>(patterns);
    String text = new String(Storage.read(file, configuration, MAX_BYTES), StandardCharsets.UTF_8);
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String entry = line.replaceFirst("#.*", "").strip();
      if (entry.isEmpty()) {
        continue;
      }
      String[] sides = entry.split("\\s*=\\s*", -1);
      if (sides.length != 2
          || sides[0].isEmpty()
          || sides[1].isEmpty()
          || sides[0].contains("*") != sides[1].contains("*")) {
        throw new ConfigException(
            "Invalid line %s in '%s': '%s' (must be OURS = THEIRS, with * for the block on both sides or on none)"
                .formatted(number, file, entry));
      }
      names.put(sides[0], sides[1]);
    }
    return new TensorNames(names);
  }

  /** What the file calls one of our tensors. */
  public String theirs(String ours) {
    Matcher block = BLOCK.matcher(ours);
    if (!block.find()) {
      return patterns.getOrDefault(ours, ours);
    }
    String pattern = "model.layers.*." + ours.substring(block.end());
    return patterns.getOrDefault(pattern, pattern).replace("*", block.group(1));
  }

  /** The tensors of a network in its flat buffer, by the names they have in the file. */
  FlatTensors layout(ParameterTable table) {
    return new FlatTensors(
        table.entries().stream()
            .map(
                entry -> new FlatTensors.Slice(theirs(entry.name()), entry.shape(), entry.offset()))
            .toList());
  }
}
