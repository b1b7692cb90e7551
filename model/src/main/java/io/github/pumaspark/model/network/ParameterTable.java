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
    NORMAL
  }

  /**
   * One tensor.
   *
   * @param shape row-major extents
   * @param offset first element in the flat buffer
   * @param elements product of the extents
   */
  public record Entry(String name, List<Long> shape, int offset, int elements, Initial initial) {
    /** One past its last element, before the gap. */
    public int end() {
      return offset + elements;
    }
  }

  public ParameterTable {
    entries = List.copyOf(entries);
  }

  /** The tensors of a network over a vocabulary of {@code vocabSize} ids, mask token included. */
  public static ParameterTable of(NetworkConfig config, int vocabSize) {
    Builder table = new Builder();
    long width = config.width();
    long headWidth = config.headWidth();
    long queryWidth = headWidth * config.heads();
    long keyValueWidth = headWidth * config.keyValueHeads();
    table.matrix("model.embed_tokens.weight", vocabSize, width);
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      table.vector(block + "input_layernorm.weight", width, Initial.ONES);
      table.matrix(block + "self_attn.q_proj.weight", queryWidth, width);
      table.vector(block + "self_attn.q_proj.bias", queryWidth, Initial.ZEROS);
      table.matrix(block + "self_attn.k_proj.weight", keyValueWidth, width);
      table.vector(block + "self_attn.k_proj.bias", keyValueWidth, Initial.ZEROS);
      table.matrix(block + "self_attn.v_proj.weight", keyValueWidth, width);
      table.vector(block + "self_attn.v_proj.bias", keyValueWidth, Initial.ZEROS);
      table.matrix(block + "self_attn.o_proj.weight", width, queryWidth);
      if (config.profile() == NetworkProfile.REFERENCE) {
        table.vector(block + "self_attn.o_proj.bias", width, Initial.ZEROS);
      }
      table.vector(block + "post_attention_layernorm.weight", width, Initial.ONES);
      table.matrix(block + "mlp.gate_proj.weight", config.feedForwardWidth(), width);
      table.matrix(block + "mlp.up_proj.weight", config.feedForwardWidth(), width);
      table.matrix(block + "mlp.down_proj.weight", width, config.feedForwardWidth());
    }
    table.vector("model.norm.weight", width, Initial.ONES);
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

    void matrix(String name, long rows, long columns) {
      add(name, List.of(rows, columns), rows * columns, Initial.NORMAL);
    }

    void vector(String name, long elements, Initial initial) {
      add(name, List.of(elements), elements, initial);
    }

    ParameterTable build() {
      return new ParameterTable(entries, Math.toIntExact(offset));
    }

    private void add(String name, List<Long> shape, long elements, Initial initial) {
      long next = (offset + elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      if (next > Integer.MAX_VALUE / Float.BYTES) {
        throw new IllegalArgumentException(
            "Invalid network: more than 2 GiB of parameters at tensor '" + name + "'");
      }
      entries.add(new Entry(name, shape, (int) offset, (int) elements, initial));
      offset = next;
    }
  }
}
