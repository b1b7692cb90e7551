package io.github.pumaspark.model.export;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.checkpoint.TensorInfo;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** What the shapes of a reference implementation's tensors say about its network. */
final class ReferenceShapes {
  private static final String BLOCK = "model.layers.0.";

  private final Path file;
  private final TensorNames names;
  private final Map<String, List<Long>> shapes = new TreeMap<>();

  private ReferenceShapes(Path file, TensorNames names) {
    this.file = file;
    this.names = names;
  }

  static ReferenceShapes read(Path file, TensorNames names, Configuration configuration)
      throws IOException {
    ReferenceShapes shapes = new ReferenceShapes(file, names);
    for (TensorInfo tensor : Safetensors.tensors(file, configuration)) {
      shapes.shapes.put(tensor.name(), tensor.shape());
    }
    return shapes;
  }

  /**
   * Settings by configuration key. Without a head of its own the network is tied; with one it is
   * not, unless the user says so: the reference saves a tied head twice.
   *
   * @param heads query heads
   * @throws ConfigException if the heads do not divide the width, or a tensor is missing
   */
  Map<String, String> settings(int heads) {
    long vocabulary = size("model.embed_tokens.weight", 0);
    long width = size("model.embed_tokens.weight", 1);
    if (heads < 1 || width % heads != 0) {
      throw new ConfigException(
          "Invalid network.heads: %s (must divide the width %s of tensor '%s' in '%s')"
              .formatted(heads, width, names.theirs("model.embed_tokens.weight"), file));
    }
    long headWidth = width / heads;
    long keyRows = size(BLOCK + "self_attn.k_proj.weight", 0);
    if (keyRows % headWidth != 0) {
      throw new ConfigException(
          "Invalid network.heads: %s (heads of %s channels do not divide the %s rows of tensor '%s' in '%s')"
              .formatted(
                  heads,
                  headWidth,
                  keyRows,
                  names.theirs(BLOCK + "self_attn.k_proj.weight"),
                  file));
    }
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("network.vocab-size", "" + vocabulary);
    settings.put("network.width", "" + width);
    settings.put("network.layers", "" + layers());
    settings.put("network.heads", "" + heads);
    settings.put("network.key-value-heads", "" + keyRows / headWidth);
    settings.put("network.feed-forward-width", "" + size(BLOCK + "mlp.up_proj.weight", 0));
    settings.put("network.tied-head", "" + !shapes.containsKey(names.theirs("lm_head.weight")));
    settings.put("network.profile", "reference");
    return settings;
  }

  private int layers() {
    int layers = 0;
    while (shapes.containsKey(names.theirs("model.layers." + layers + ".input_layernorm.weight"))) {
      layers++;
    }
    return layers;
  }

  private long size(String ours, int dimension) {
    String name = names.theirs(ours);
    List<Long> shape = shapes.get(name);
    if (shape == null) {
      throw new ConfigException(
          "Cannot import '%s': tensor '%s' is missing. Give its names with --names."
              .formatted(file, name));
    }
    if (shape.size() != 2 || shape.get(dimension) == 0) {
      throw new ConfigException(
          "Cannot import '%s': tensor '%s' has the shape %s (must be a matrix)"
              .formatted(file, name, shape));
    }
    return shape.get(dimension);
  }
}
