package io.github.pumaspark.model.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.collective.Segment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Views of some segments of a flat array, and arrays that hold a value for each of their elements.
 */
record FlatSegments(List<Segment> segments, int size) {
  /**
   * @param length of the flat array
   */
  static FlatSegments of(List<Segment> segments, int length) {
    int size = 0;
    for (Segment segment : segments) {
      Check.argument(segment.end() <= length, "segment must be in [0, %s): %s", length, segment);
      size += segment.size();
    }
    return new FlatSegments(List.copyOf(segments), size);
  }

  int count() {
    return segments.size();
  }

  boolean isEmpty(int segment) {
    return segments.get(segment).size() == 0;
  }

  /** The segments in a flat array, each of whose views belongs to {@code owner}. */
  List<NDArray> in(NDArray flat, NDManager owner) {
    List<NDArray> views = new ArrayList<>();
    for (Segment segment : segments) {
      views.add(view(flat, segment.start(), segment.end(), owner));
    }
    return List.copyOf(views);
  }

  /** The segments in an array [size] of them all, one after the other. */
  List<NDArray> inConcatenation(NDArray all, NDManager owner) {
    List<NDArray> views = new ArrayList<>();
    int start = 0;
    for (Segment segment : segments) {
      views.add(view(all, start, start + segment.size(), owner));
      start += segment.size();
    }
    return List.copyOf(views);
  }

  /** Zeros, one for each element of the segments. */
  NDArray zeros(NDManager owner) {
    return owner.zeros(new Shape(size), DataType.FLOAT32);
  }

  /** Copies an array out, on any thread. */
  static void read(NDArray array, FloatBuffer target) {
    if (array.size() > 0) {
      boolean isReachable = !array.getDevice().isGpu();
      target.put(
          ((PtNDArray) array)
              .toByteBuffer(isReachable)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer());
    }
  }

  private static NDArray view(NDArray flat, int start, int end, NDManager owner) {
    NDArray view = flat.get(start + ":" + end);
    view.attach(owner);
    return view;
  }
}
