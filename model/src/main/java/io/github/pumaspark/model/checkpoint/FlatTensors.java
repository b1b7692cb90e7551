package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Where named float32 tensors lie in a flat buffer, and the way between such buffers and a file.
 *
 * <p>One file may hold several buffers of the same layout (the two moments of an optimizer): each
 * has a prefix that its tensors' names start with; the empty prefix is one too.
 *
 * @param slices disjoint, by rising offset; gaps between them are neither written nor touched
 */
public record FlatTensors(List<Slice> slices) {
  private static final int CHUNK_FLOATS = 1 << 16;

  public FlatTensors {
    slices = List.copyOf(slices);
    int end = 0;
    for (Slice slice : slices) {
      Check.argument(
          slice.offset() >= end,
          "Invalid offset of tensor '%s': %s (the tensor before it ends at %s)",
          slice.name(),
          slice.offset(),
          end);
      end = slice.end();
    }
  }

  /**
   * One tensor in the buffer.
   *
   * @param shape sizes of the dimensions, outermost first
   * @param offset first element in the buffer
   */
  public record Slice(String name, List<Long> shape, int offset) {
    public Slice {
      shape = List.copyOf(shape);
      long elements = new TensorInfo(name, TensorType.F32, shape).elements();
      Check.argument(
          offset >= 0 && offset <= Integer.MAX_VALUE - elements,
          "Invalid place of tensor '%s': %s elements at %s (beyond a buffer of 2^31 - 1)",
          name,
          elements,
          offset);
    }

    /** Number of elements. */
    public int elements() {
      return Math.toIntExact(new TensorInfo(name, TensorType.F32, shape).elements());
    }

    /** One past the last element in the buffer. */
    public int end() {
      return offset + elements();
    }
  }

  /**
   * Writes buffers to one file, atomically.
   *
   * @param buffers by prefix of the tensors' names; indices are absolute, from 0 to limit
   * @return the SHA-256 of the file's bytes, in lower-case hexadecimal
   */
  public String write(
      Path file,
      Configuration configuration,
      Map<String, String> metadata,
      Map<String, FloatBuffer> buffers)
      throws IOException {
    return Safetensors.write(file, configuration, metadata, sources(buffers));
  }

  /** The tensors of some buffers, by prefix of their names. */
  List<TensorSource> sources(Map<String, FloatBuffer> buffers) {
    List<TensorSource> sources = new ArrayList<>();
    buffers.forEach(
        (prefix, values) -> {
          checkFits(values);
          for (Slice slice : slices) {
            long[] shape = slice.shape().stream().mapToLong(Long::longValue).toArray();
            sources.add(
                TensorSource.of(
                    prefix + slice.name(), values.slice(slice.offset(), slice.elements()), shape));
          }
        });
    return sources;
  }

  /** Elements that a buffer must have. */
  int end() {
    return slices.isEmpty() ? 0 : slices.get(slices.size() - 1).end();
  }

  /**
   * Fills buffers from a file that {@link #write} made with the same prefixes.
   *
   * @param buffers by prefix; indices are absolute, from 0 to limit
   * @return the file's metadata
   * @throws ConfigException if the tensors in the file are not exactly those of the layout, naming
   *     every one that is missing, unexpected or of another shape; the buffers are then untouched
   * @throws CorruptCheckpointException if the file is missing or damaged
   */
  public Map<String, String> read(
      Path file, Configuration configuration, Map<String, FloatBuffer> buffers) throws IOException {
    buffers.values().forEach(this::checkFits);
    try (SafetensorsInput in = new SafetensorsInput(file, configuration)) {
      Map<String, FloatBuffer> targets = new HashMap<>();
      Map<String, TensorInfo> expected = new LinkedHashMap<>();
      buffers.forEach(
          (prefix, values) -> {
            for (Slice slice : slices) {
              String name = prefix + slice.name();
              expected.put(name, new TensorInfo(name, TensorType.F32, slice.shape()));
              targets.put(name, values.slice(slice.offset(), slice.elements()));
            }
          });
      checkSame(file, expected, in.header().tensors());
      ByteBuffer chunk =
          ByteBuffer.allocate(CHUNK_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (TensorInfo info : in.header().tensors()) {
        FloatBuffer target = targets.getOrDefault(info.name(), FloatBuffer.allocate(0));
        while (target.hasRemaining()) {
          int count = Math.min(CHUNK_FLOATS, target.remaining());
          chunk.clear().limit(count * Float.BYTES);
          in.readFully(chunk);
          target.put(chunk.flip().asFloatBuffer());
        }
      }
      return in.header().metadata();
    }
  }

  /**
   * Requires that the tensors of a file are exactly those of this layout; reads its header only.
   *
   * @throws ConfigException as {@link #read}
   * @throws CorruptCheckpointException if the file is missing, or its header or length is wrong
   */
  public void requireSame(Path file, Configuration configuration) throws IOException {
    Map<String, TensorInfo> expected = new LinkedHashMap<>();
    for (Slice slice : slices) {
      expected.put(slice.name(), new TensorInfo(slice.name(), TensorType.F32, slice.shape()));
    }
    checkSame(file, expected, Safetensors.tensors(file, configuration));
  }

  private void checkFits(FloatBuffer values) {
    Check.argument(
        end() <= values.limit(), "Invalid buffer: %s elements (need %s)", values.limit(), end());
  }

  private static void checkSame(
      Path file, Map<String, TensorInfo> expected, List<TensorInfo> found) {
    Map<String, TensorInfo> missing = new LinkedHashMap<>(expected);
    List<String> unexpected = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (TensorInfo info : found) {
      TensorInfo wanted = missing.remove(info.name());
      if (wanted == null) {
        unexpected.add(SafetensorsHeader.quoted(info.name()));
      } else if (!wanted.equals(info)) {
        misshapen.add(
            "'%s' is %s %s, not %s %s"
                .formatted(info.name(), info.type(), info.shape(), wanted.type(), wanted.shape()));
      }
    }
    List<String> problems = new ArrayList<>();
    addProblem(problems, "missing", missing.keySet().stream().map(n -> "'" + n + "'").toList());
    addProblem(problems, "unexpected", unexpected);
    addProblem(problems, "of another shape", misshapen);
    if (!problems.isEmpty()) {
      throw new ConfigException(
          "Cannot load '%s' into this network: %s. Use the network settings it was made with."
              .formatted(file, String.join("; ", problems)));
    }
  }

  private static void addProblem(List<String> problems, String kind, List<String> tensors) {
    if (!tensors.isEmpty()) {
      problems.add(tensors.size() + " " + kind + ": " + String.join(", ", tensors));
    }
  }
}
