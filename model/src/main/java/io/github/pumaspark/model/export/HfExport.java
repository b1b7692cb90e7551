package io.github.pumaspark.model.export;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.checkpoint.WeightFiles;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A checkpoint as a directory that transformers, or torch and safetensors alone, can load. The
 * weight file is the checkpoint's, byte by byte; what is written depends on the checkpoint alone.
 */
public final class HfExport {
  /** Name of the file with the tokenizer's specification. */
  static final String TOKENIZER = "tokenizer_spec.json";

  private final Checkpoint checkpoint;
  private final Configuration configuration;
  private final WeightFiles weights;
  private final String weightsSha256;
  private final HfConfig config;
  private final ParameterTable table;

  /**
   * An export of a checkpoint; checks its weight file's tensors, not yet their bytes, unless it has
   * to put them together from the shares of several ranks.
   *
   * @param network settings of the checkpoint's run
   * @throws ConfigException if the weights asked for are not there, or are not those of the network
   * @throws CorruptCheckpointException if the weight file is missing or damaged, naming the tensor
   */
  public HfExport(
      Checkpoint checkpoint,
      NetworkConfig network,
      WeightChoice choice,
      Configuration configuration)
      throws IOException {
    this.checkpoint = checkpoint;
    this.configuration = configuration;
    this.weights = choice.filesOf(checkpoint);
    int sequenceLength = checkpoint.state().dataset().sequenceLength();
    NetworkConfig sized = sized(network, tokenizer().vocabSize(), sequenceLength);
    this.table = ParameterTable.of(sized, sized.vocabSize());
    weights.requireSame(NetworkFile.layout(table));
    this.weightsSha256 = weights.isWhole() ? weights.sha256() : sha256OfWhole();
    this.config = new HfConfig(sized, sequenceLength, HfConfig.JSON.valueToTree(lineage()));
  }

  /** What an export did. */
  public enum Outcome {
    WRITTEN,
    /** The target holds exactly this export already. */
    ALREADY_THERE
  }

  /**
   * Writes the directory, which appears whole or not at all.
   *
   * @throws ConfigException if the target holds anything else, or cannot be renamed to in one act
   * @throws CorruptCheckpointException if the weight file's bytes are not those that were written
   */
  public Outcome write(Path target) throws IOException {
    ExportDirectory directory = new ExportDirectory(target, configuration);
    List<ExportFile> files = files();
    if (directory.holds(files)) {
      return Outcome.ALREADY_THERE;
    }
    directory.write(files);
    return Outcome.WRITTEN;
  }

  /**
   * Checks all that {@link #write} would, and writes nothing.
   *
   * @return the names of the files
   */
  public List<String> check(Path target) throws IOException {
    copyWeights(OutputStream.nullOutputStream());
    List<ExportFile> files = files();
    new ExportDirectory(target, configuration).holds(files);
    return files.stream().map(ExportFile::name).toList();
  }

  /** {@code ema} or {@code raw}. */
  public String weights() {
    return config.lineage().path("weights").asText();
  }

  /** Trainable numbers. */
  public long parameterCount() {
    return table.parameterCount();
  }

  private List<ExportFile> files() {
    ExportLineage lineage = lineage();
    return List.of(
        ExportFile.of(HfConfig.NAME, config.toJson(tokenizer())),
        new ExportFile(CheckpointFile.MODEL, weightsSha256, this::copyWeights),
        ExportFile.of(TOKENIZER, HfConfig.json(tokenizer())),
        resource("modeling_puma.py"),
        resource("configuration_puma.py"),
        ExportFile.of(
            ModelCard.NAME,
            ModelCard.of(
                config.network(),
                config.sequenceLength(),
                tokenizer(),
                lineage,
                table.parameterCount())));
  }

  private TokenizerSpec tokenizer() {
    return checkpoint.state().dataset().tokenizer();
  }

  private ExportLineage lineage() {
    return ExportLineage.of(checkpoint.state(), weights.isAverage(), weightsSha256);
  }

  private String sha256OfWhole() throws IOException {
    MessageDigest digest = Storage.sha256();
    try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      copyWeights(out);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private void copyWeights(OutputStream out) throws IOException {
    weights.copyTo(out, NetworkFile.layout(table));
  }

  private static NetworkConfig sized(NetworkConfig network, int ids, int sequenceLength) {
    return new NetworkConfig(
        network.vocabSizeOr(ids),
        network.maxPositions() > 0 ? network.maxPositions() : sequenceLength,
        network.width(),
        network.layers(),
        network.heads(),
        network.keyValueHeads(),
        network.feedForwardWidth(),
        network.ropeBase(),
        network.normEpsilon(),
        network.tiedHead(),
        network.causal(),
        network.dropout(),
        network.initStd(),
        network.profile());
  }

  private static ExportFile resource(String name) {
    try (InputStream in = HfExport.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("'" + name + "' is missing from the class path");
      }
      return ExportFile.of(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read '" + name + "' from the class path", e);
    }
  }
}
