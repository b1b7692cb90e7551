package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.model.checkpoint.TensorPieces.Piece;
import io.github.pumaspark.model.collective.Segment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where every element of a checkpoint's sharded tensors is stored: exactly once. */
final class PieceIndex {
  private static final int CHUNK_FLOATS = 1 << 16;
  private static final Pattern SHARE = Pattern.compile(".*-(\\d+)-of-(\\d+)\\.safetensors");

  private final Checkpoint checkpoint;

  /** By file, its pieces in file order. */
  private final Map<String, List<Piece>> pieces = new LinkedHashMap<>();

  /** Reads the headers of all files and checks that they are a whole. */
  PieceIndex(TensorPieces tensors, Checkpoint checkpoint) throws IOException {
    this.checkpoint = checkpoint;
    List<String> files = tensors.files(checkpoint);
    requireAllShares(tensors.kind(), files);
    TreeMap<String, FlatTensors.Slice> slices = new TreeMap<>();
    tensors.layout().slices().forEach(slice -> slices.put(slice.name(), slice));
    Map<String, List<Piece>> byTensor = new HashMap<>();
    for (String file : files) {
      List<Piece> found = new ArrayList<>();
      for (TensorInfo info :
          Safetensors.tensors(checkpoint.file(file), checkpoint.configuration())) {
        Piece piece = tensors.piece(checkpoint.file(file), info, slices);
        found.add(piece);
        byTensor
            .computeIfAbsent(piece.prefix() + piece.slice().name(), name -> new ArrayList<>())
            .add(piece);
      }
      pieces.put(file, found);
    }
    for (String prefix : tensors.prefixes()) {
      for (FlatTensors.Slice slice : tensors.layout().slices()) {
        String name = prefix + slice.name();
        requireWhole(files.get(0), name, slice, byTensor.getOrDefault(name, List.of()));
      }
    }
  }

  /** Whether a file has elements of some segments. */
  boolean overlaps(String file, List<Segment> segments) {
    return pieces.getOrDefault(file, List.of()).stream()
        .anyMatch(
            piece ->
                segments.stream()
                    .anyMatch(
                        segment -> segment.start() < piece.end() && piece.start() < segment.end()));
  }

  /** Reads a file and puts what it has of some segments into the buffers; see the caller. */
  void read(String file, List<Segment> segments, Map<String, FloatBuffer> buffers)
      throws IOException {
    ByteBuffer chunk =
        ByteBuffer.allocate(CHUNK_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    try (SafetensorsInput in =
        new SafetensorsInput(checkpoint.file(file), checkpoint.configuration())) {
      for (Piece piece : pieces.getOrDefault(file, List.of())) {
        FloatBuffer target = buffers.get(piece.prefix());
        for (int start = piece.start(), count; start < piece.end(); start += count) {
          count = Math.min(CHUNK_FLOATS, piece.end() - start);
          chunk.clear().limit(count * Float.BYTES);
          in.readFully(chunk);
          if (target != null) {
            put(chunk.flip().asFloatBuffer(), start, segments, target);
          }
        }
      }
      in.requireSha256(checkpoint.state().files().getOrDefault(file, "nothing"));
    }
  }

  private static void put(
      FloatBuffer values, int start, List<Segment> segments, FloatBuffer target) {
    int base = 0;
    for (Segment segment : segments) {
      int from = Math.max(start, segment.start());
      int size = Math.min(start + values.limit(), segment.end()) - from;
      if (size > 0) {
        target.put(base + from - segment.start(), values, from - start, size);
      }
      base += segment.size();
    }
  }

  private void requireAllShares(String kind, List<String> files) throws CorruptCheckpointException {
    if (files.isEmpty()) {
      throw new CorruptCheckpointException(
          checkpoint.file(kind + Safetensors.SUFFIX),
          "the checkpoint has no such file, whole or in shares");
    }
    for (int i = 0; i < files.size(); i++) {
      Matcher share = SHARE.matcher(files.get(i));
      boolean isExpected =
          share.matches()
              ? Long.parseLong(share.group(1)) == i
                  && Long.parseLong(share.group(2)) == files.size()
              : files.size() == 1;
      if (!isExpected) {
        throw new CorruptCheckpointException(
            checkpoint.file(files.get(i)),
            "the checkpoint has %s files of its kind, which do not belong together: %s"
                .formatted(files.size(), files));
      }
    }
  }

  private void requireWhole(
      String firstFile, String name, FlatTensors.Slice slice, List<Piece> found)
      throws CorruptCheckpointException {
    found.sort(Comparator.comparingInt(Piece::start).thenComparingInt(Piece::end));
    int expected = slice.offset();
    String file = firstFile;
    for (Piece piece : found) {
      if (piece.start() != expected) {
        throw broken(piece.file(), name, slice, expected, piece.start());
      }
      expected = piece.end();
      file = piece.file();
    }
    if (expected != slice.end()) {
      throw broken(file, name, slice, expected, slice.end());
    }
  }

  private CorruptCheckpointException broken(
      String file, String name, FlatTensors.Slice slice, int expected, int found) {
    return new CorruptCheckpointException(
        checkpoint.file(file),
        "elements [%s, %s) of tensor '%s' are stored %s. %s"
            .formatted(
                Math.min(expected, found) - slice.offset(),
                Math.max(expected, found) - slice.offset(),
                name,
                expected < found ? "nowhere" : "twice",
                Checkpoint.remedy(checkpoint.file(file))));
  }
}
