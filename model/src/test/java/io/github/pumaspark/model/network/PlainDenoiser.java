package io.github.pumaspark.model.network;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The network's equations once more, as plain float64 loops: the oracle of {@link Denoiser}. */
final class PlainDenoiser {
  /** What a channel of a branch's output is multiplied by. */
  interface Dropping {
    Dropping NONE = (layer, branch, position, channel) -> 1;

    double factor(int layer, int branch, int position, int channel);
  }

  private final NetworkConfig config;
  private final int vocabSize;
  private final int maskTokenId;
  private final int length;
  private final Map<String, double[]> weights = new HashMap<>();

  PlainDenoiser(
      NetworkConfig config,
      int vocabSize,
      int maskTokenId,
      int length,
      ParameterTable table,
      double[] flat) {
    this.config = config;
    this.vocabSize = vocabSize;
    this.maskTokenId = maskTokenId;
    this.length = length;
    for (ParameterTable.Entry entry : table.entries()) {
      weights.put(entry.name(), Arrays.copyOfRange(flat, entry.offset(), entry.end()));
    }
  }

  /** Log probabilities [L][V] of one row. */
  double[][] logProbabilities(int[] tokens, int[] segments, Dropping dropping) {
    String head = config.tiedHead() ? "model.embed_tokens" : "lm_head";
    double[][] scores = linear(hidden(tokens, segments, dropping), head, vocabSize);
    for (double[] score : scores) {
      score[maskTokenId] = Double.NEGATIVE_INFINITY;
      double sum = 0;
      for (double s : score) {
        sum += Math.exp(s);
      }
      for (int v = 0; v < vocabSize; v++) {
        score[v] -= Math.log(sum);
      }
    }
    return scores;
  }

  /** What the head sees of one row, [L][D]. */
  double[][] hidden(int[] tokens, int[] segments, Dropping dropping) {
    int d = config.width();
    double[][] x = new double[length][];
    for (int i = 0; i < length; i++) {
      x[i] = row(weights.get("model.embed_tokens.weight"), tokens[i], d);
    }
    int[] position = new int[length];
    for (int i = 1; i < length; i++) {
      position[i] = segments[i] == segments[i - 1] ? position[i - 1] + 1 : 0;
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      double[][] mixed =
          attention(block, norm(block + "input_layernorm.weight", x), position, segments);
      add(x, dropped(linear(mixed, block + "self_attn.o_proj", d), dropping, layer, 0));
      double[][] z = norm(block + "post_attention_layernorm.weight", x);
      double[][] gate = linear(z, block + "mlp.gate_proj", config.feedForwardWidth());
      double[][] up = linear(z, block + "mlp.up_proj", config.feedForwardWidth());
      for (int i = 0; i < length; i++) {
        for (int c = 0; c < up[i].length; c++) {
          up[i][c] *= gate[i][c] / (1 + Math.exp(-gate[i][c]));
        }
      }
      add(x, dropped(linear(up, block + "mlp.down_proj", d), dropping, layer, 1));
    }
    return norm("model.norm.weight", x);
  }

  private double[][] attention(String block, double[][] y, int[] position, int[] segments) {
    int c = config.headWidth();
    int group = config.heads() / config.keyValueHeads();
    double[][] q = linear(y, block + "self_attn.q_proj", c * config.heads());
    double[][] k = linear(y, block + "self_attn.k_proj", c * config.keyValueHeads());
    double[][] v = linear(y, block + "self_attn.v_proj", c * config.keyValueHeads());
    double[][] out = new double[length][c * config.heads()];
    for (int h = 0; h < config.heads(); h++) {
      for (int i = 0; i < length; i++) {
        double[] qi = rotated(q[i], h * c, position[i]);
        double[] p = new double[length];
        double sum = 0;
        for (int j = 0; j < length; j++) {
          if (segments[i] == segments[j] && (j <= i || !config.causal())) {
            double[] kj = rotated(k[j], h / group * c, position[j]);
            double dot = 0;
            for (int e = 0; e < c; e++) {
              dot += qi[e] * kj[e];
            }
            p[j] = Math.exp(dot / Math.sqrt(c));
            sum += p[j];
          }
        }
        for (int j = 0; j < length; j++) {
          for (int e = 0; e < c; e++) {
            out[i][h * c + e] += p[j] / sum * v[j][h / group * c + e];
          }
        }
      }
    }
    return out;
  }

  /** One head's channels at a position, turned. */
  private double[] rotated(double[] x, int from, int position) {
    int c = config.headWidth();
    double[] y = new double[c];
    for (int e = 0; e < c / 2; e++) {
      if (config.profile() == NetworkProfile.REFERENCE) {
        // Neighbours are a pair, but each turns by the angle of its own channel.
        double first = x[from + 2 * e];
        double second = x[from + 2 * e + 1];
        double firstAngle = angle(position, 2 * e % (c / 2));
        double secondAngle = angle(position, (2 * e + 1) % (c / 2));
        y[2 * e] = first * Math.cos(firstAngle) - second * Math.sin(firstAngle);
        y[2 * e + 1] = second * Math.cos(secondAngle) + first * Math.sin(secondAngle);
      } else {
        double first = x[from + e];
        double second = x[from + e + c / 2];
        double angle = angle(position, e);
        y[e] = first * Math.cos(angle) - second * Math.sin(angle);
        y[e + c / 2] = second * Math.cos(angle) + first * Math.sin(angle);
      }
    }
    return y;
  }

  private double angle(int position, int frequency) {
    return position / Math.pow(config.ropeBase(), 2.0 * frequency / config.headWidth());
  }

  private static double[][] dropped(double[][] x, Dropping dropping, int layer, int branch) {
    for (int i = 0; i < x.length; i++) {
      for (int c = 0; c < x[i].length; c++) {
        x[i][c] *= dropping.factor(layer, branch, i, c);
      }
    }
    return x;
  }

  private double[][] norm(String name, double[][] x) {
    double[] weight = weights.get(name);
    double[][] y = new double[x.length][x[0].length];
    for (int i = 0; i < x.length; i++) {
      double square = 0;
      for (double value : x[i]) {
        square += value * value;
      }
      double scale = 1 / Math.sqrt(square / x[i].length + config.normEpsilon());
      for (int c = 0; c < x[i].length; c++) {
        y[i][c] = x[i][c] * scale * weight[c];
      }
    }
    return y;
  }

  private double[][] linear(double[][] x, String name, int outputs) {
    double[] weight = weights.get(name + ".weight");
    double[] bias = weights.get(name + ".bias");
    double[][] y = new double[x.length][outputs];
    for (int i = 0; i < x.length; i++) {
      for (int o = 0; o < outputs; o++) {
        double sum = bias == null ? 0 : bias[o];
        for (int c = 0; c < x[i].length; c++) {
          sum += weight[o * x[i].length + c] * x[i][c];
        }
        y[i][o] = sum;
      }
    }
    return y;
  }

  private static double[] row(double[] matrix, int row, int columns) {
    return Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
  }

  private static void add(double[][] x, double[][] y) {
    for (int i = 0; i < x.length; i++) {
      for (int c = 0; c < x[i].length; c++) {
        x[i][c] += y[i][c];
      }
    }
  }
}
