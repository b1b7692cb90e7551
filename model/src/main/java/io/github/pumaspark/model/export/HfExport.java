package io.github.pumaspark.model.export;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.Checkpoint;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.checkpoint.CorruptCheckpointException;
import io.github.pumaspark.model.checkpoint.NetworkFile;
import io.github.pumaspark.model.checkpoint.WeightChoice;
import io.github.pumaspark.model.network.NetworkConfig;
import io.github.pumaspark.model.network.ParameterTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
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
  private final String weightFile;
  private final HfConfig config;
  private final ParameterTable table;

  /**
   * An export of a checkpoint; checks its weight file's tensors, not yet their bytes.
   *
   * @param network settings of the checkpoint's run
   * @throws ConfigException if the weights asked for are not there, or are not those of the network
   * @throws CorruptCheckpointException if the weight file is missing or damaged, naming the tensor
   */
  public HfExport(
      Checkpoint checkpoint,
      NetworkConfig network,
      WeightChoice weights,
      Configuration configuration)
      throws IOException {
    this.checkpoint = checkpoint;
    this.configuration = configuration;
    this.weightFile = weights.fileOf(checkpoint);
    int sequenceLength = checkpoint.state().dataset().sequenceLength();
    NetworkConfig sized = sized(network, tokenizer().vocabSize(), sequenceLength);
    this.table = ParameterTable.of(sized, sized.vocabSize());
    JsonNode lineage = HfConfig.JSON.valueToTree(ExportLineage.of(checkpoint.state(), weightFile));
    this.config = new HfConfig(sized, sequenceLength, lineage);
    NetworkFile.layout(table).requireSame(checkpoint.file(weightFile), configuration);
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
    ExportLineage lineage = ExportLineage.of(checkpoint.state(), weightFile);
    return List.of(
        ExportFile.of(HfConfig.NAME, config.toJson(tokenizer())),
        new ExportFile(CheckpointFile.MODEL, lineage.weightsSha256(), this::copyWeights),
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

  private void copyWeights(OutputStream out) throws IOException {
    Path file = checkpoint.file(weightFile);
    MessageDigest digest = Storage.sha256();
    try (InputStream in =
        new DigestInputStream(Storage.of(file, configuration).open(file), digest)) {
      in.transferTo(out);
    }
    String found = HexFormat.of().formatHex(digest.digest());
    String expected = checkpoint.state().files().getOrDefault(weightFile, "nothing");
    if (!found.equals(expected)) {
      throw new CorruptCheckpointException(
          file,
          "SHA-256 %s, '%s' says %s. It was changed after it was written."
              .formatted(found, CheckpointFile.STATE, expected));
    }
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
