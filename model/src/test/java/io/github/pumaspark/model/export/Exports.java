package io.github.pumaspark.model.export;

import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.TensorPieces;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.collective.Buckets;
import io.github.pumaspark.model.collective.Segment;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.NetworkProfile;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** Checkpoints to export, with random weights. */
final class Exports {
  static final Configuration CONFIGURATION = new Configuration(false);
  static final TokenizerSpec TOKENIZER = new SudokuTokenizer(6).spec();
  static final int LENGTH = 12;
  static final NetworkConfig PLAIN = network(2, false, false, NetworkProfile.DEFAULT);

  private Exports() {}

  static NetworkConfig network(
      int keyValueHeads, boolean tied, boolean causal, NetworkProfile profile) {
    return new NetworkConfig(
        0, 0, 16, 2, 4, keyValueHeads, 24, 10_000, 1e-6, tied, causal, 0, 0.3, profile);
  }

  /** Weights of about the size of trained ones, in every tensor. */
  static FloatBuffer weights(ParameterTable table, long seed) {
    Random random = new Random(seed);
    FloatBuffer weights = FloatBuffer.allocate(table.length());
    for (ParameterTable.Entry entry : table.entries()) {
      for (int i = entry.offset(); i < entry.end(); i++) {
        weights.put(i, (float) (0.4 * random.nextGaussian()));
      }
    }
    return weights;
  }

  /** A checkpoint of step 7; its average has other weights than it. */
  static Checkpoint checkpoint(java.nio.file.Path root, NetworkConfig network, boolean averaged)
      throws IOException {
    ParameterTable table = ParameterTable.of(network, TOKENIZER.vocabSize());
    CheckpointStore store = new CheckpointStore(new Path(root.toUri()), CONFIGURATION);
    Path directory = store.staging(7, 0);
    Map<String, String> files = new TreeMap<>();
    files.put(CheckpointFile.MODEL, write(directory, CheckpointFile.MODEL, table, 1));
    if (averaged) {
      files.put("ema.safetensors", write(directory, "ema.safetensors", table, 2));
    }
    return store.commit(state(files), "{}", 0);
  }

  /** The same checkpoint with its average in shares of three ranks. */
  static Checkpoint sharded(java.nio.file.Path root, NetworkConfig network) throws IOException {
    ParameterTable table = ParameterTable.of(network, TOKENIZER.vocabSize());
    CheckpointStore store = new CheckpointStore(new Path(root.toUri()), CONFIGURATION);
    Path directory = store.staging(7, 0);
    Map<String, String> files = new TreeMap<>();
    files.put(CheckpointFile.MODEL, write(directory, CheckpointFile.MODEL, table, 1));
    FloatBuffer average = weights(table, 2);
    for (int rank = 0; rank < 3; rank++) {
      List<Segment> segments = new Buckets(table.length(), 512).owned(rank, 3);
      FloatBuffer own = FloatBuffer.allocate(table.length());
      segments.forEach(segment -> own.put(average.slice(segment.start(), segment.size())));
      CheckpointFile file =
          new TensorPieces(CheckpointFile.EMA_KIND, NetworkFile.layout(table), List.of(""))
              .write(directory, CONFIGURATION, rank, 3, segments, Map.of("", own));
      files.put(file.name(), file.sha256());
    }
    return store.commit(state(files), "{}", 0);
  }

  private static TrainState state(Map<String, String> files) {
    return new TrainState(
        TrainState.SCHEMA_VERSION,
        new TrainState.Lineage("run-1", "puma", null, null, "pretrain", 5, "0.1.0+abcdef0"),
        new TrainState.Progress(7, 7000, 70, 1.5, 1e-3, 0.5, List.of(70L)),
        new TrainState.Dataset("d".repeat(64), TOKENIZER.sha256(), TOKENIZER, LENGTH),
        new TrainState.Execution("fp32", 2, 1),
        files);
  }

  static java.nio.file.Path local(Path path) {
    return java.nio.file.Path.of(path.toUri().getPath());
  }

  static Path hadoop(java.nio.file.Path path) {
    return new Path(path.toString());
  }

  /** File names in a directory, sorted. */
  static List<String> names(java.nio.file.Path directory) throws IOException {
    try (Stream<java.nio.file.Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static String write(Path directory, String name, ParameterTable table, long seed)
      throws IOException {
    return NetworkFile.layout(table)
        .write(
            new Path(directory, name), CONFIGURATION, Map.of(), Map.of("", weights(table, seed)));
  }
}
