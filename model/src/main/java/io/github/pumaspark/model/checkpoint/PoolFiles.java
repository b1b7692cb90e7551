package io.github.pumaspark.model.checkpoint;

import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.model.masking.PoolRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Files with rows of the masking pool, {@code pool-<first row>-<rows>.safetensors}: each rank
 * writes its own, readers take all of them together, so that the world size may change in between.
 *
 * <p>Tensors, P rows of L positions: {@code ids} I64 [P], {@code positions} I64 [P], {@code phases}
 * I32 [P], {@code revealed} U8 [P, L].
 */
public final class PoolFiles {
  private static final Pattern NAME = Pattern.compile("pool-\\d{10}-\\d+\\.safetensors");
  private static final String IDS = "ids";
  private static final String POSITIONS = "positions";
  private static final String PHASES = "phases";
  private static final String REVEALED = "revealed";

  private PoolFiles() {}

  /**
   * Writes a rank's rows into a checkpoint's directory.
   *
   * @return the file written; empty if there are no rows
   */
  public static Optional<CheckpointFile> write(
      Path directory, Configuration configuration, PoolRows rows) throws IOException {
    int count = rows.ids().length;
    if (count == 0) {
      return Optional.empty();
    }
    for (int i = 1; i < count; i++) {
      Check.argument(
          rows.ids()[i - 1] < rows.ids()[i], "Invalid pool rows: ids must ascend at index %s", i);
    }
    Check.argument(
        rows.revealed().length % count == 0,
        "Invalid pool rows: %s revealed values for %s rows",
        rows.revealed().length,
        count);
    String name = String.format(Locale.ROOT, "pool-%010d-%d.safetensors", rows.ids()[0], count);
    String sha256 =
        Safetensors.write(
            new Path(directory, name),
            configuration,
            Map.of(),
            List.of(
                TensorSource.of(IDS, rows.ids(), count),
                TensorSource.of(POSITIONS, rows.positions(), count),
                TensorSource.of(PHASES, rows.phases(), count),
                TensorSource.of(REVEALED, rows.revealed(), count, rows.revealed().length / count)));
    return Optional.of(new CheckpointFile(name, sha256));
  }

  /**
   * The pool rows of all ranks of a checkpoint, by ascending id; all files are verified.
   *
   * @throws CorruptCheckpointException if a file is damaged, has rows of another length than the
   *     checkpoint's sequences, or repeats a row
   */
  public static PoolRows read(Checkpoint checkpoint) throws IOException {
    Configuration configuration = checkpoint.configuration();
    int length = checkpoint.state().dataset().sequenceLength();
    TreeMap<Long, Row> rows = new TreeMap<>();
    for (Map.Entry<String, String> file : checkpoint.state().files().entrySet()) {
      if (NAME.matcher(file.getKey()).matches()) {
        Path path = checkpoint.file(file.getKey());
        readFile(path, Safetensors.read(path, configuration, file.getValue()), length, rows);
      }
    }
    PoolRows all =
        new PoolRows(
            new long[rows.size()],
            new long[rows.size()],
            new int[rows.size()],
            new byte[Math.multiplyExact(rows.size(), length)]);
    int i = 0;
    for (Map.Entry<Long, Row> entry : rows.entrySet()) {
      Row row = entry.getValue();
      all.ids()[i] = entry.getKey();
      all.positions()[i] = row.position();
      all.phases()[i] = row.phase();
      row.revealed().get(0, all.revealed(), i * length, length);
      i++;
    }
    return all;
  }

  private record Row(long position, int phase, ByteBuffer revealed) {}

  private static void readFile(
      Path file, Safetensors.Content content, int length, Map<Long, Row> rows)
      throws CorruptCheckpointException {
    Map<String, Safetensors.Tensor> tensors = content.tensors();
    Safetensors.Tensor ids = tensors.get(IDS);
    long count = ids == null ? 0 : ids.info().elements();
    ByteBuffer id = data(file, ids, TensorInfo.of(IDS, TensorType.I64, count));
    ByteBuffer position =
        data(file, tensors.get(POSITIONS), TensorInfo.of(POSITIONS, TensorType.I64, count));
    ByteBuffer phase =
        data(file, tensors.get(PHASES), TensorInfo.of(PHASES, TensorType.I32, count));
    ByteBuffer revealed =
        data(file, tensors.get(REVEALED), TensorInfo.of(REVEALED, TensorType.U8, count, length));
    for (int i = 0; i < count; i++) {
      Row row = new Row(position.getLong(), phase.getInt(), revealed.slice(i * length, length));
      long key = id.getLong();
      if (rows.put(key, row) != null) {
        throw new CorruptCheckpointException(file, "pool row " + key + " occurs twice");
      }
    }
  }

  private static ByteBuffer data(
      Path file, Safetensors.@Nullable Tensor tensor, TensorInfo expected)
      throws CorruptCheckpointException {
    if (tensor == null || !tensor.info().equals(expected)) {
      throw new CorruptCheckpointException(
          file,
          "tensor '%s' must be %s %s, found %s"
              .formatted(
                  expected.name(),
                  expected.type(),
                  expected.shape(),
                  tensor == null ? "none" : tensor.info().type() + " " + tensor.info().shape()));
    }
    return tensor.data();
  }
}
