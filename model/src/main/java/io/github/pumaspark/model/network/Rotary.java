package io.github.pumaspark.model.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Rotary position factors and the attention mask of a batch. Positions count from 0 within each
 * document of a row; positions of different documents are blocked from each other.
 */
final class Rotary {
  private final int length;
  private final int headWidth;
  private final NDArray cos;
  private final NDArray sin;
  private final NDArray nothingBlocked;

  Rotary(NDManager owner, NetworkConfig config, int length) {
    this.length = length;
    this.headWidth = config.headWidth();
    float[] cosines = new float[length * headWidth];
    float[] sines = new float[length * headWidth];
    int half = headWidth / 2;
    for (int position = 0; position < length; position++) {
      for (int c = 0; c < headWidth; c++) {
        double angle = position * Math.pow(config.ropeBase(), -(c % half) / (double) half);
        cosines[position * headWidth + c] = (float) Math.cos(angle);
        sines[position * headWidth + c] = (float) Math.sin(angle);
      }
    }
    Shape shape = new Shape(1, 1, length, headWidth);
    this.cos = owner.create(cosines, shape);
    this.sin = owner.create(sines, shape);
    this.nothingBlocked = owner.create(new Shape(0), DataType.BOOLEAN);
  }

  /**
   * @param cos [1 or B, 1, L, C]
   * @param sin as {@code cos}
   * @param blocked [B, 1, L, L], or empty if every row is one document
   */
  record Inputs(NDArray cos, NDArray sin, NDArray blocked) {}

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
      return new Inputs(cos, sin, nothingBlocked);
    }
    int rows = segments.length / length;
    Shape shape = new Shape(rows, 1, length, headWidth);
    NDArray at = scope.create(positions);
    NDArray numbers = scope.create(segments, new Shape(rows, 1, length));
    NDArray blocked = numbers.expandDims(3).neq(numbers.expandDims(2));
    return new Inputs(
        select(scope, cos, at).reshape(shape), select(scope, sin, at).reshape(shape), blocked);
  }

  private NDArray select(NDManager scope, NDArray table, NDArray at) {
    NDArray result = table.reshape(length, headWidth).get(at);
    result.attach(scope);
    return result;
  }
}
