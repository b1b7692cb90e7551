package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.model.collective.Segment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * One set of weights of a checkpoint, whether it is one file or shares of several ranks.
 *
 * @param isAverage whether they are the moving average
 * @param names of the files, ascending
 */
public record WeightFiles(Checkpoint checkpoint, boolean isAverage, List<String> names) {
  public WeightFiles {
    names = List.copyOf(names);
  }

  /**
   * Identity of the weights: the SHA-256 of their file, or of the lines {@code <hash> <name>} of
   * all their files.
   */
  public String sha256() {
    if (names.size() == 1) {
      return hash(names.get(0));
    }
    String lines =
        names.stream().map(name -> hash(name) + "  " + name + "\n").collect(Collectors.joining());
    return Storage.sha256Hex(lines.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Requires that the tensors stored are exactly those of a layout; reads headers only.
   *
   * @throws ConfigException if the tensors of a whole file are not those, naming each that differs
   * @throws CorruptCheckpointException if a file is missing or damaged, or shares are no whole
   */
  public void requireSame(FlatTensors layout) throws IOException {
    if (isWhole()) {
      layout.requireSame(checkpoint.file(names.get(0)), checkpoint.configuration());
    } else {
      pieces(layout).check(checkpoint);
    }
  }

  /**
   * Reads all weights and verifies them.
   *
   * @param weights the flat buffer, absolute indices
   * @throws ConfigException as {@link #requireSame}; the buffer is then untouched
   * @throws CorruptCheckpointException as {@link #requireSame}, or if a hash is not that stored;
   *     the buffer is then undefined
   */
  public void read(FlatTensors layout, FloatBuffer weights) throws IOException {
    requireSame(layout);
    pieces(layout).read(checkpoint, List.of(new Segment(0, weights.limit())), Map.of("", weights));
  }

  /**
   * Writes the weights as one file of whole tensors.
   *
   * @throws CorruptCheckpointException as {@link #read}; what was written by then is of no use
   */
  public void copyTo(OutputStream out, FlatTensors layout) throws IOException {
    if (!isWhole()) {
      FloatBuffer weights = FloatBuffer.allocate(layout.end());
      read(layout, weights);
      Safetensors.write(out, Map.of(), layout.sources(Map.of("", weights)));
      return;
    }
    Path file = checkpoint.file(names.get(0));
    MessageDigest digest = Storage.sha256();
    try (InputStream in =
        new DigestInputStream(Storage.of(file, checkpoint.configuration()).open(file), digest)) {
      in.transferTo(out);
    }
    Checkpoint.checkHash(
        file, HexFormat.of().formatHex(digest.digest()), hash(names.get(0)), CheckpointFile.STATE);
  }

  /** Whether the weights are one file, as {@link #copyTo} makes it. */
  public boolean isWhole() {
    return names.size() == 1 && CheckpointFile.isWhole(names.get(0));
  }

  private TensorPieces pieces(FlatTensors layout) {
    return new TensorPieces(
        isAverage ? CheckpointFile.EMA_KIND : CheckpointFile.MODEL_KIND, layout, List.of(""));
  }

  private String hash(String name) {
    return checkpoint.state().files().getOrDefault(name, "nothing");
  }
}
