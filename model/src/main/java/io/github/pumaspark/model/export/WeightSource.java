package io.github.pumaspark.model.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.data.token.TokenizerSpec;
import io.github.pumaspark.model.checkpoint.CheckpointFile;
import io.github.pumaspark.model.network.NetworkConfig;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Weights to import, and what their directory says about the network they belong to.
 *
 * @param file the safetensors file
 * @param names of its tensors
 * @param settings of the network, by configuration key ({@code network.*}); what is not said is
 *     missing
 * @param tokenizer empty if nothing is said
 * @param sequenceLength length of the rows it was trained on (L); empty if nothing is said
 * @param parentRun id of the run that trained them; empty text if nothing is said
 */
public record WeightSource(
    Path file,
    TensorNames names,
    Map<String, String> settings,
    Optional<TokenizerSpec> tokenizer,
    OptionalInt sequenceLength,
    String parentRun) {
  private static final int MAX_BYTES = 1 << 20;

  public WeightSource {
    settings = Map.copyOf(settings);
  }

  /**
   * An export of ours.
   *
   * @param directory with {@code config.json} and {@code model.safetensors}
   * @throws ConfigException if {@code config.json} is missing or wrong, naming the key
   */
  public static WeightSource hf(Path directory, Configuration configuration) throws IOException {
    HfConfig config = HfConfig.read(directory, configuration);
    return new WeightSource(
        new Path(directory, CheckpointFile.MODEL),
        TensorNames.ours(),
        settings(config.network()),
        tokenizer(new Path(directory, HfExport.TOKENIZER), configuration),
        OptionalInt.of(config.sequenceLength()),
        config.lineage().path("run_id").asText(""));
  }

  /**
   * A state dictionary of PUMA's reference implementation, saved as safetensors.
   *
   * @param from the file, or a directory with {@code model.safetensors}
   * @param heads query heads, which no shape tells
   * @throws ConfigException if tensors that tell the sizes are missing, naming them
   */
  public static WeightSource reference(
      Path from, TensorNames names, int heads, Configuration configuration) throws IOException {
    FileSystem fs = Storage.of(from, configuration);
    Path file =
        fs.exists(from) && fs.getFileStatus(from).isDirectory()
            ? new Path(from, CheckpointFile.MODEL)
            : from;
    return new WeightSource(
        file,
        names,
        ReferenceShapes.read(file, names, configuration).settings(heads),
        Optional.empty(),
        OptionalInt.empty(),
        "");
  }

  private static Map<String, String> settings(NetworkConfig network) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("network.vocab-size", "" + network.vocabSize());
    settings.put("network.max-positions", "" + network.maxPositions());
    settings.put("network.width", "" + network.width());
    settings.put("network.layers", "" + network.layers());
    settings.put("network.heads", "" + network.heads());
    settings.put("network.key-value-heads", "" + network.keyValueHeads());
    settings.put("network.feed-forward-width", "" + network.feedForwardWidth());
    settings.put("network.rope-base", "" + network.ropeBase());
    settings.put("network.norm-epsilon", "" + network.normEpsilon());
    settings.put("network.tied-head", "" + network.tiedHead());
    settings.put("network.causal", "" + network.causal());
    settings.put("network.dropout", "" + network.dropout());
    settings.put("network.init-std", "" + network.initStd());
    settings.put("network.profile", network.profile().name().toLowerCase(Locale.ROOT));
    return settings;
  }

  private static Optional<TokenizerSpec> tokenizer(Path file, Configuration configuration)
      throws IOException {
    if (!Storage.of(file, configuration).exists(file)) {
      return Optional.empty();
    }
    JsonNode json = HfConfig.parse(file, Storage.read(file, configuration, MAX_BYTES));
    try {
      return Optional.of(HfConfig.JSON.treeToValue(json, TokenizerSpec.class));
    } catch (JsonProcessingException e) {
      String reason = e.getCause() == null ? e.getOriginalMessage() : e.getCause().getMessage();
      throw new ConfigException(
          "Cannot read '%s': %s"
              .formatted(file, String.valueOf(reason).lines().findFirst().orElse("")));
    }
  }
}
