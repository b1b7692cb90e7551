package io.github.pumaspark.model.network;

import java.util.ArrayList;
import java.util.List;

/**
 * Name, shape and place of every trainable tensor in the one flat float32 buffer of the network.
 * Tensors start at multiples of 16 elements; the elements between them are always zero. Names are
 * those of the Hugging Face Qwen2 layout and of the checkpoint.
 *
 * @param entries in the order of the program's {@code weights} argument
 * @param length elements of the flat buffer, gaps included
 */
public record ParameterTable(List<Entry> entries, int length) {
  private static final int ALIGNMENT = 16;

  /** How a tensor starts. */
  public enum Initial {
    ZEROS,
    ONES,
    /** Normal around zero with a standard deviation of {@link Entry#scale}. */
    NORMAL,
    /** Uniform in plus and minus {@link Entry#scale}. */
    UNIFORM
  }

  /**
   * One tensor.
   *
   * @param shape row-major extents
   * @param offset first element in the flat buffer
   * @param elements product of the extents
   * @param scale of the initial values; 0 where it has no meaning
   */
  public record Entry(
      String name, List<Long> shape, int offset, int elements, Initial initial, double scale) {
    /** One past its last element, before the gap. */
    public int end() {
      return offset + elements;
    }
  }

  public ParameterTable {
    entries = List.copyOf(entries);
  }

  /** The tensors of a network over {@code vocabSize} ids, mask token included. */
  public static ParameterTable of(NetworkConfig config, int vocabSize) {
    Builder table = new Builder(config);
    int width = config.width();
    int queryWidth = config.headWidth() * config.heads();
    int keyValueWidth = config.headWidth() * config.keyValueHeads();
    table.embedding("model.embed_tokens.weight", vocabSize, width);
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      table.norm(block + "input_layernorm.weight", width);
      table.matrix(block + "self_attn.q_proj.weight", queryWidth, width);
      table.bias(block + "self_attn.q_proj.bias", queryWidth, width);
      table.matrix(block + "self_attn.k_proj.weight", keyValueWidth, width);
      table.bias(block + "self_attn.k_proj.bias", keyValueWidth, width);
      table.matrix(block + "self_attn.v_proj.weight", keyValueWidth, width);
      table.bias(block + "self_attn.v_proj.bias", keyValueWidth, width);
      table.matrix(block + "self_attn.o_proj.weight", width, queryWidth);
      if (config.profile() == NetworkProfile.REFERENCE) {
        table.bias(block + "self_attn.o_proj.bias", width, queryWidth);
      }
      table.norm(block + "post_attention_layernorm.weight", width);
      table.matrix(block + "mlp.gate_proj.weight", config.feedForwardWidth(), width);
      table.matrix(block + "mlp.up_proj.weight", config.feedForwardWidth(), width);
      table.matrix(block + "mlp.down_proj.weight", width, config.feedForwardWidth());
    }
    table.norm("model.norm.weight", width);
    if (!config.tiedHead()) {
      table.matrix("lm_head.weight", vocabSize, width);
    }
    return table.build();
  }

  /** Trainable numbers, without the gaps. */
  public long parameterCount() {
    return entries.stream().mapToLong(Entry::elements).sum();
  }

  private static final class Builder {
    private final List<Entry> entries = new ArrayList<>();
    private long offset;

    private final NetworkConfig config;

    Builder(NetworkConfig config) {
      this.config = config;
    }

    void embedding(String name, long rows, long columns) {
      double std = isReference() ? 1 : config.initStd();
      add(name, List.of(rows, columns), rows * columns, Initial.NORMAL, std);
    }

    void matrix(String name, long rows, long columns) {
      Initial initial = isReference() ? Initial.UNIFORM : Initial.NORMAL;
      double scale = isReference() ? 1 / Math.sqrt((double) columns) : config.initStd();
      add(name, List.of(rows, columns), rows * columns, initial, scale);
    }

    /** The bias of a matrix with that many columns. */
    void bias(String name, long elements, long columns) {
      Initial initial = isReference() ? Initial.UNIFORM : Initial.ZEROS;
      double scale = isReference() ? 1 / Math.sqrt((double) columns) : 0;
      add(name, List.of(elements), elements, initial, scale);
    }

    void norm(String name, long elements) {
      add(name, List.of(elements), elements, Initial.ONES, 0);
    }

    private boolean isReference() {
      return config.profile() == NetworkProfile.REFERENCE;
    }

    ParameterTable build() {
      return new ParameterTable(entries, Math.toIntExact(offset));
    }

    private void add(String name, List<Long> shape, long elements, Initial initial, double scale) {
      long next = (offset + elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      if (next > Integer.MAX_VALUE / Float.BYTES) {
        throw new IllegalArgumentException(
            "Invalid network: more than 2 GiB of parameters at tensor '" + name + "'");
      }
      entries.add(new Entry(name, shape, (int) offset, (int) elements, initial, scale));
      offset = next;
    }
  }
}
