package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Writes and reads safetensors files: 8 bytes of header length, a JSON header, then the data of
 * every tensor, row-major and little-endian.
 *
 * <p>Files written are a pure function of metadata and tensors: tensors by falling alignment, then
 * by name, as the format's own writer has it; metadata by key. {@code "format": "pt"} is added to
 * the metadata, since Python loaders ask for it.
 */
public final class Safetensors {
  /** How the names of such files end. */
  static final String SUFFIX = ".safetensors";

  private Safetensors() {}

  /**
   * A file in memory.
   *
   * @param tensors by name, in file order
   */
  public record Content(SortedMap<String, String> metadata, Map<String, Tensor> tensors) {}

  /**
   * A tensor in memory.
   *
   * @param data direct, little-endian, from 0 to limit; the reader's to keep
   */
  public record Tensor(TensorInfo info, ByteBuffer data) {}

  /** Writes a file to an open stream, which stays open. */
  public static void write(
      OutputStream out, Map<String, String> metadata, List<TensorSource> tensors)
      throws IOException {
    List<TensorSource> sorted =
        tensors.stream()
            .sorted(
                Comparator.comparing((TensorSource source) -> source.info().type())
                    .reversed()
                    .thenComparing(source -> source.info().name()))
            .toList();
    List<TensorInfo> infos = sorted.stream().map(TensorSource::info).toList();
    Check.argument(
        infos.stream().map(TensorInfo::name).distinct().count() == infos.size(),
        "Invalid tensor names: some occur twice: %s",
        infos.stream().map(TensorInfo::name).toList());
    TreeMap<String, String> entries = new TreeMap<>(metadata);
    entries.putIfAbsent("format", "pt");
    byte[] json = new SafetensorsHeader(entries, infos).toJson();
    Check.argument(
        json.length <= SafetensorsHeader.MAX_BYTES,
        "Invalid safetensors header: %s bytes (the limit is %s)",
        json.length,
        SafetensorsHeader.MAX_BYTES);
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(json.length)
            .array());
    out.write(json);
    for (TensorSource source : sorted) {
      CountingStream counting = new CountingStream(out);
      source.writeTo(counting);
      if (counting.count != source.info().bytes()) {
        throw new IllegalStateException(
            "Tensor '%s' wrote %s bytes instead of %s"
                .formatted(source.info().name(), counting.count, source.info().bytes()));
      }
    }
  }

  /** Writes a file atomically and returns the SHA-256 of its bytes, in lower-case hexadecimal. */
  public static String write(
      Path file,
      Configuration configuration,
      Map<String, String> metadata,
      List<TensorSource> tensors)
      throws IOException {
    MessageDigest digest = Storage.sha256();
    Storage.writeAtomically(
        file, configuration, out -> write(new DigestOutputStream(out, digest), metadata, tensors));
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * The tensors of a file, in file order; their data is not read.
   *
   * @throws CorruptCheckpointException as {@link #read}
   */
  public static List<TensorInfo> tensors(Path file, Configuration configuration)
      throws IOException {
    try (SafetensorsInput in = new SafetensorsInput(file, configuration)) {
      return in.header().tensors();
    }
  }

  /**
   * Reads a whole file.
   *
   * @throws CorruptCheckpointException if it is missing or breaks any rule of the format
   * @throws IOException if it cannot be read, or a tensor is larger than a buffer can be (2 GiB)
   */
  public static Content read(Path file, Configuration configuration) throws IOException {
    try (SafetensorsInput in = new SafetensorsInput(file, configuration)) {
      return read(file, in);
    }
  }

  /**
   * Reads a whole file of a checkpoint and verifies it.
   *
   * @throws CorruptCheckpointException as {@link #read(Path, Configuration)}, or if its hash is not
   *     the expected one
   */
  static Content read(Path file, Configuration configuration, String sha256) throws IOException {
    try (SafetensorsInput in = new SafetensorsInput(file, configuration)) {
      Content content = read(file, in);
      in.requireSha256(sha256);
      return content;
    }
  }

  private static Content read(Path file, SafetensorsInput in) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (TensorInfo info : in.header().tensors()) {
      if (info.bytes() > Integer.MAX_VALUE) {
        throw new IOException(
            "Cannot read '%s': tensor '%s' has %s bytes (the limit is %s)"
                .formatted(file, info.name(), info.bytes(), Integer.MAX_VALUE));
      }
      ByteBuffer data =
          ByteBuffer.allocateDirect((int) info.bytes()).order(ByteOrder.LITTLE_ENDIAN);
      in.readFully(data);
      tensors.put(info.name(), new Tensor(info, data.flip()));
    }
    return new Content(in.header().metadata(), tensors);
  }

  private static final class CountingStream extends OutputStream {
    private final OutputStream out;
    private long count;

    CountingStream(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) throws IOException {
      out.write(b);
      count++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      count += length;
    }
  }
}
