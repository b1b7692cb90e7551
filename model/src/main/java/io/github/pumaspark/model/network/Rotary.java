package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.pumaspark.model.engine.TorchProgram;
import java.util.ArrayList;
import java.util.List;

/**
 * Rotary position tables and the attention mask of a batch. Positions count from 0 within each
 * document of a row; positions of different documents are blocked from each other, and later ones
 * if the network is causal.
 */
final class Rotary {
  /*
   * A table has a column for every rotary pair of every query and key head, so that turning is a
   * multiplication of long rows. Columns of queries carry the scale of attention scores.
   */
  private final NetworkConfig config;
  private final TorchProgram program;
  private final int length;
  private final List<NDArray> tables;
  private final NDArray unpacked;

  /**
   * @param program the trunk's
   */
  Rotary(NDManager owner, TorchProgram program, NetworkConfig config, int length) {
    this.config = config;
    this.program = program;
    this.length = length;
    NDArray cosFirst = table(owner, 0, true);
    NDArray sinFirst = table(owner, 0, false);
    boolean isRotation = config.profile() == NetworkProfile.DEFAULT;
    this.tables =
        List.of(
            cosFirst,
            sinFirst,
            isRotation ? cosFirst : table(owner, 1, true),
            isRotation ? sinFirst : table(owner, 1, false));
    this.unpacked =
        config.causal()
            ? blocked(owner, owner.zeros(new Shape(1, length), DataType.INT32))
            : owner.create(new Shape(0), DataType.BOOLEAN);
  }

  /**
   * @param tables four, [1 or B, L, R]: cosines and sines of the pairs' first members, then of
   *     their second
   * @param blocked [1 or B, 1, 1, L, L], or empty if every position may see its whole row
   */
  record Inputs(List<NDArray> tables, NDArray blocked) {}

  /** Inputs for rows with the given document numbers, [B * L]. */
  Inputs inputs(NDManager scope, int[] segments) {
    boolean packed = false;
    long[] positions = new long[segments.length];
    for (int i = 0; i < segments.length; i++) {
      boolean first = i % length == 0 || segments[i] != segments[i - 1];
      positions[i] = first ? 0 : positions[i - 1] + 1;
      packed |= first && i % length != 0;
    }
    if (!packed) {
      return new Inputs(tables, unpacked);
    }
    NDArray at = scope.create(positions);
    List<NDArray> selected = new ArrayList<>();
    for (NDArray table : tables) {
      selected.add(program.run(scope, "table_rows", table, at).singletonOrThrow());
    }
    NDArray numbers = scope.create(segments, new Shape(segments.length / length, length));
    return new Inputs(selected, blocked(scope, numbers));
  }

  private NDArray blocked(NDManager scope, NDArray segments) {
    return program.run(scope, "blocked", segments, config.causal()).singletonOrThrow();
  }

  /** [1, L, R], of the pairs' first (0) or second (1) members. */
  private NDArray table(NDManager owner, int member, boolean isCosine) {
    int pairs = config.headWidth() / 2;
    int heads = config.heads() + config.keyValueHeads();
    double[] values = new double[length * heads * pairs];
    for (int position = 0; position < length; position++) {
      for (int head = 0; head < heads; head++) {
        double scale = head < config.heads() ? 1 / Math.sqrt(config.headWidth()) : 1;
        for (int pair = 0; pair < pairs; pair++) {
          double angle = position * Math.pow(config.ropeBase(), -frequency(pair, member));
          values[(position * heads + head) * pairs + pair] =
              scale * (isCosine ? Math.cos(angle) : Math.sin(angle));
        }
      }
    }
    try (NDManager scope = owner.newSubManager()) {
      NDArray exact = scope.create(values, new Shape(1, length, (long) heads * pairs));
      return program.run(owner, "to_compute", exact).singletonOrThrow();
    }
  }

  /** The exponent of the base, in [0, 1). */
  private double frequency(int pair, int member) {
    int pairs = config.headWidth() / 2;
    int index = config.profile() == NetworkProfile.DEFAULT ? pair : (2 * pair + member) % pairs;
    return index / (double) pairs;
  }
}
