package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.collective.Segment;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Values of a network's tensors of which every rank has a share, as one file per rank, {@code
 * <kind>-<rank>-of-<world size>.safetensors}.
 *
 * <p>A file holds pieces, F32 [elements]: {@code <prefix><tensor>@<first element>} is a range of a
 * tensor's elements in row-major order. Names do not tell whose a piece was, so ranks of any world
 * size, with shares cut in any way, read what those of another wrote. A file {@code
 * <kind>.safetensors} of whole tensors, as an older build and other programs write it, is read too.
 *
 * @param kind what the files' names start with
 * @param layout of all tensors in the flat buffer
 * @param prefixes of the names, one for each buffer
 */
public record TensorPieces(String kind, FlatTensors layout, List<String> prefixes) {
  /*
   * Buffers hold a rank's segments of the flat buffer one after the other, in the order given. A reader
   * opens every file for its header, which proves that each element of each tensor is stored exactly
   * once; then it reads, in full, the files that have something for it, hashing them on the way.
   */
  private static final char OFFSET = '@';

  public TensorPieces {
    prefixes = List.copyOf(prefixes);
  }

  /**
   * Writes a rank's file into the directory of a checkpoint to be.
   *
   * @param segments that the rank has
   * @param buffers by prefix, the values of the segments, from position 0
   */
  public CheckpointFile write(
      Path directory,
      Configuration configuration,
      int rank,
      int worldSize,
      List<Segment> segments,
      Map<String, FloatBuffer> buffers)
      throws IOException {
    Check.argument(
        buffers.keySet().equals(Set.copyOf(prefixes)),
        "Invalid buffers: %s (must be %s)",
        buffers.keySet(),
        prefixes);
    List<TensorSource> sources = new ArrayList<>();
    buffers.forEach((prefix, values) -> addSources(sources, prefix, segments, values));
    String name =
        String.format(Locale.ROOT, "%s-%05d-of-%05d%s", kind, rank, worldSize, Safetensors.SUFFIX);
    return new CheckpointFile(
        name, Safetensors.write(new Path(directory, name), configuration, Map.of(), sources));
  }

  /**
   * Fills buffers with the values of some segments of the flat buffer, whoever wrote them; what
   * lies between tensors is left alone. Every byte used is verified before this returns.
   *
   * @param buffers by prefix, for the values of the segments, from position 0
   * @throws CorruptCheckpointException if a file is missing or damaged, or an element of a tensor
   *     is stored twice or not at all, naming file and tensor; the buffers are then undefined
   */
  public void read(Checkpoint checkpoint, List<Segment> segments, Map<String, FloatBuffer> buffers)
      throws IOException {
    PieceIndex index = new PieceIndex(this, checkpoint);
    for (String file : files(checkpoint)) {
      if (index.overlaps(file, segments)) {
        index.read(file, segments, buffers);
      }
    }
  }

  /**
   * Requires that every element of every tensor is stored exactly once; reads headers only.
   *
   * @throws CorruptCheckpointException as {@link #read}
   */
  public void check(Checkpoint checkpoint) throws IOException {
    new PieceIndex(this, checkpoint);
  }

  /** Names of the checkpoint's files of this kind, ascending; empty if there is none. */
  List<String> files(Checkpoint checkpoint) {
    return files(kind, checkpoint);
  }

  /** Names of a checkpoint's files of a kind, ascending; empty if there is none. */
  static List<String> files(String kind, Checkpoint checkpoint) {
    Pattern name =
        Pattern.compile(
            Pattern.quote(kind) + "(-\\d{5,10}-of-\\d{5,10})?" + Pattern.quote(Safetensors.SUFFIX));
    return checkpoint.state().files().keySet().stream()
        .filter(file -> name.matcher(file).matches())
        .toList();
  }

  private void addSources(
      List<TensorSource> sources, String prefix, List<Segment> segments, FloatBuffer values) {
    int base = 0;
    for (Segment segment : segments) {
      for (FlatTensors.Slice slice : layout.slices()) {
        int start = Math.max(segment.start(), slice.offset());
        int size = Math.min(segment.end(), slice.end()) - start;
        if (size > 0) {
          sources.add(
              TensorSource.of(
                  prefix + slice.name() + OFFSET + (start - slice.offset()),
                  values.slice(base + start - segment.start(), size),
                  size));
        }
      }
      base += segment.size();
    }
  }

  /**
   * A piece of a tensor in a file.
   *
   * @param start first element in the flat buffer
   */
  record Piece(String file, String prefix, FlatTensors.Slice slice, int start, int end) {}

  /** What a tensor of a file is; {@code slices} are those of the layout by name. */
  Piece piece(Path file, TensorInfo info, TreeMap<String, FlatTensors.Slice> slices)
      throws CorruptCheckpointException {
    for (String prefix : prefixes) {
      int at = info.name().lastIndexOf(OFFSET);
      String name = info.name().substring(0, at < 0 ? info.name().length() : at);
      if (!name.startsWith(prefix)) {
        continue;
      }
      FlatTensors.Slice slice = slices.get(name.substring(prefix.length()));
      long first = at < 0 ? 0 : offset(info.name().substring(at + 1));
      if (slice != null
          && info.type() == TensorType.F32
          && first >= 0
          && first + info.elements() <= slice.elements()) {
        int start = slice.offset() + (int) first;
        return new Piece(
            file.getName(), prefix, slice, start, start + Math.toIntExact(info.elements()));
      }
    }
    throw new CorruptCheckpointException(
        file,
        "tensor %s, %s %s, is no piece of a tensor of this network"
            .formatted(SafetensorsHeader.quoted(info.name()), info.type(), info.shape()));
  }

  private static long offset(String text) {
    return text.matches("\\d{1,10}") ? Long.parseLong(text) : -1;
  }
}
