package io.github.pumaspark.model.export;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.FlatTensors;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.Safetensors;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Makes a checkpoint of step 0 from foreign weights. Where the network's head is tied, the file may
 * hold the head once more, if it equals the embedding. The checkpoint can be sampled from and
 * evaluated; it has no optimizer state, so no run resumes from it.
 */
public final class WeightImport {
  /** The stage that the lineage of imported weights names. */
  static final String STAGE = "imported";

  private static final String HEAD = "lm_head.weight";

  private final WeightSource source;
  private final NetworkConfig network;
  private final ParameterTable table;
  private final FlatTensors layout;
  private final Configuration configuration;

  /**
   * An import; checks that the file's tensors are exactly those of the network, not yet their data.
   *
   * @param network with its vocabulary size filled in
   * @throws ConfigException naming every tensor that is missing, unexpected, of another shape or
   *     type, and the file
   * @throws io.github.pumaspark.model.checkpoint.CorruptCheckpointException if the file is missing
   *     or damaged
   */
  public WeightImport(WeightSource source, NetworkConfig network, Configuration configuration)
      throws IOException {
    this.source = source;
    this.network = network;
    this.table = ParameterTable.of(network, network.vocabSize());
    this.configuration = configuration;
    this.layout = layout();
    layout.requireSame(source.file(), configuration);
  }

  /** Trainable numbers. */
  public long parameterCount() {
    return table.parameterCount();
  }

  /**
   * Requires that there is no checkpoint of step 0 and that the tokenizer's ids fit.
   *
   * @throws ConfigException if not
   */
  public void check(Path out, TokenizerSpec tokenizer) throws IOException {
    Optional<Checkpoint> before = new CheckpointStore(out, configuration).find(0);
    if (before.isPresent()) {
      throw new ConfigException(
          "Cannot import into '%s': '%s' is there already. Choose another --out, or delete it."
              .formatted(out, before.get().directory().getName()));
    }
    if (tokenizer.vocabSize() > network.vocabSize()) {
      throw new ConfigException(
          "Cannot import '%s' for tokenizer '%s': it has %s ids, the embedding '%s' %s rows"
              .formatted(
                  source.file(),
                  tokenizer.name(),
                  tokenizer.vocabSize(),
                  source.names().theirs("model.embed_tokens.weight"),
                  network.vocabSize()));
    }
  }

  /**
   * Reads the weights and writes the checkpoint, {@code step-00000000} in {@code out}. On failure
   * there is none.
   *
   * @param resolvedConfig the configuration to store beside it
   * @param codeVersion of this code
   */
  public Checkpoint write(
      Path out,
      String resolvedConfig,
      String runName,
      TokenizerSpec tokenizer,
      int sequenceLength,
      String codeVersion)
      throws IOException {
    check(out, tokenizer);
    FloatBuffer weights =
        ByteBuffer.allocateDirect(Math.multiplyExact(end(), Float.BYTES))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    layout.read(source.file(), configuration, Map.of("", weights));
    requireTied(weights);
    String sha256 = Storage.sha256Hex(source.file(), configuration);
    CheckpointStore store = new CheckpointStore(out, configuration);
    Path directory = store.staging(0, 0);
    boolean isDone = false;
    try {
      String written =
          NetworkFile.layout(table)
              .write(
                  new Path(directory, CheckpointFile.MODEL),
                  configuration,
                  Map.of(),
                  Map.of("", weights));
      TrainState state =
          new TrainState(
              TrainState.SCHEMA_VERSION,
              new TrainState.Lineage(
                  "imported-" + sha256.substring(0, 16),
                  runName,
                  source.parentRun().isEmpty() ? null : source.parentRun(),
                  Storage.qualified(source.file(), configuration).toString(),
                  STAGE,
                  0,
                  codeVersion),
              new TrainState.Progress(0, 0, 0, 0, 0, 0, List.of(0L)),
              new TrainState.Dataset("none", tokenizer.sha256(), tokenizer, sequenceLength),
              new TrainState.Execution("fp32", 1, 1),
              Map.of(CheckpointFile.MODEL, written));
      Checkpoint checkpoint = store.commit(state, resolvedConfig, 0);
      isDone = true;
      return checkpoint;
    } finally {
      if (!isDone) {
        Storage.of(directory, configuration).delete(directory, true);
      }
    }
  }

  /** Where the file's tensors go: those of the network, then the copy of a tied head if any. */
  private FlatTensors layout() throws IOException {
    FlatTensors own = source.names().layout(table);
    String head = source.names().theirs(HEAD);
    boolean hasCopy =
        network.tiedHead()
            && Safetensors.tensors(source.file(), configuration).stream()
                .anyMatch(tensor -> tensor.name().equals(head));
    if (!hasCopy) {
      return own;
    }
    List<FlatTensors.Slice> slices = new ArrayList<>(own.slices());
    slices.add(new FlatTensors.Slice(head, table.entries().get(0).shape(), table.length()));
    return new FlatTensors(slices);
  }

  /** Elements that the file's tensors take. */
  private int end() {
    return Math.max(table.length(), layout.slices().get(layout.slices().size() - 1).end());
  }

  private void requireTied(FloatBuffer weights) {
    ParameterTable.Entry embedding = table.entries().get(0);
    if (end() > table.length()
        && weights
                .slice(table.length(), embedding.elements())
                .mismatch(weights.slice(embedding.offset(), embedding.elements()))
            >= 0) {
      throw new ConfigException(
          "Cannot import '%s' with network.tied-head = true: tensor '%s' is not equal to '%s'"
              .formatted(
                  source.file(),
                  source.names().theirs(HEAD),
                  source.names().theirs(embedding.name())));
    }
  }
}
