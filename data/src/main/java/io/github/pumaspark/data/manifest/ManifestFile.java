package io.github.pumaspark.data.manifest;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.shard.CorruptShardException;
import io.github.pumaspark.data.shard.ShardEntry;
import io.github.pumaspark.data.shard.ShardReader;
import io.github.pumaspark.data.shard.ShardSchema;
import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** The files that make a directory of shards a dataset, for this program and for others. */
public final class ManifestFile {
  /** Name of the file whose presence means that the dataset is complete. */
  public static final String NAME = "manifest.json";

  static final String STATE = "state.json";
  static final String INFO = "dataset_info.json";
  private static final int LARGEST_BYTES = 1 << 29;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ManifestFile() {}

  /**
   * Writes Hugging Face's {@code dataset_info.json} and {@code state.json}, then the manifest. An
   * earlier manifest is replaced in one atomic act.
   *
   * @throws CorruptShardException if a listed shard is not in the directory with its size
   * @throws IOException if a file cannot be written; no manifest appears then
   */
  public static void write(Path directory, Manifest manifest, Configuration configuration)
      throws IOException {
    requireShards(directory, manifest, configuration);
    byte[] content = content(manifest);
    Storage.writeAtomically(
        new Path(directory, INFO), configuration, pretty(datasetInfo(manifest)));
    Storage.writeAtomically(
        new Path(directory, STATE), configuration, pretty(state(manifest, content)));
    Storage.writeAtomically(new Path(directory, NAME), configuration, out -> out.write(content));
  }

  /**
   * Reads the manifest of a dataset.
   *
   * @throws ConfigException if the directory is missing or not a finished dataset, or a newer build
   *     wrote it
   * @throws CorruptShardException if the manifest is not valid
   */
  public static Manifest read(Path directory, Configuration configuration) throws IOException {
    Path file = new Path(directory, NAME);
    try {
      return parse(file, Storage.read(file, configuration, LARGEST_BYTES));
    } catch (FileNotFoundException | NoSuchFileException e) {
      boolean exists = Storage.of(directory, configuration).exists(directory);
      ConfigException missing =
          new ConfigException(
              "Cannot open dataset '%s': %s"
                  .formatted(
                      directory,
                      exists
                          ? "it has no manifest.json, so it is not a finished dataset. Run shard again, or check the path."
                          : "no such directory. Check the path."));
      missing.initCause(e);
      throw missing;
    }
  }

  /** Lower-case hexadecimal SHA-256 of the manifest file: the identity of the dataset. */
  public static String sha256(Path directory, Configuration configuration) throws IOException {
    return Storage.sha256Hex(new Path(directory, NAME), configuration);
  }

  /**
   * Checks that every listed shard is there with its size, without reading it.
   *
   * @throws CorruptShardException naming the first that is not
   */
  public static void requireShards(Path directory, Manifest manifest, Configuration configuration)
      throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    Map<String, Long> found = new HashMap<>();
    if (fs.exists(directory)) {
      for (FileStatus status : fs.listStatus(directory)) {
        found.put(status.getPath().getName(), status.getLen());
      }
    }
    for (ShardEntry shard : manifest.shards()) {
      String name = new Path(directory, shard.path()).toString();
      Long bytes = found.get(shard.path());
      if (bytes == null) {
        throw ShardReader.missing(name, shard);
      }
      ShardReader.requireBytes(name, shard, bytes);
    }
  }

  private static Manifest parse(Path file, byte[] content) {
    try {
      JsonNode tree = JSON.readTree(content);
      JsonNode version = tree.path("schema_version");
      if (!version.isInt() || version.intValue() < 1) {
        throw invalid(
            file, "schema_version is " + (version.isMissingNode() ? "missing" : version), null);
      }
      if (version.intValue() > ShardSchema.VERSION) {
        throw new ConfigException(
            "Cannot open dataset '%s': format version %d, this build reads 1 to %d. Use a newer build."
                .formatted(file.getParent(), version.intValue(), ShardSchema.VERSION));
      }
      return JSON.treeToValue(tree, Manifest.class);
    } catch (JsonProcessingException e) {
      throw invalid(file, reason(e), e);
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory are read without errors", e);
    }
  }

  private static String reason(JsonProcessingException e) {
    Throwable cause = e.getCause();
    if (cause instanceof RuntimeException && cause.getMessage() != null) {
      return cause.getMessage();
    }
    if (e instanceof JsonMappingException mapping) {
      String field =
          mapping.getPath().stream()
              .map(part -> part.getFieldName() == null ? "" + part.getIndex() : part.getFieldName())
              .collect(Collectors.joining("."));
      return "field '" + field + "' is missing or of the wrong type";
    }
    JsonLocation location = e.getLocation();
    return "not JSON: "
        + e.getOriginalMessage()
        + (location == null ? "" : " (line " + location.getLineNr() + ")");
  }

  private static CorruptShardException invalid(
      Path file, String reason, @Nullable Throwable cause) {
    String line = reason.lines().findFirst().orElse("");
    return CorruptShardException.manifest(file.toString(), line, cause);
  }

  private static byte[] content(Manifest manifest) throws IOException {
    return pretty(manifest).getBytes(StandardCharsets.UTF_8);
  }

  private static String pretty(Object value) throws IOException {
    return JSON.writer(
                new DefaultPrettyPrinter()
                    .withObjectIndenter(new ShallowIndenter())
                    .withArrayIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n")))
            .writeValueAsString(value)
        + "\n";
  }

  private static Map<String, Object> datasetInfo(Manifest manifest) {
    Map<String, Object> info = new LinkedHashMap<>();
    info.put("description", "");
    info.put("citation", "");
    info.put("homepage", "");
    info.put("license", "");
    info.put("dataset_name", manifest.name());
    info.put("features", ShardSchema.huggingFaceFeatures(manifest.layout().shardLayout()));
    return info;
  }

  private static Map<String, Object> state(Manifest manifest, byte[] content) {
    List<Map<String, String>> files =
        manifest.shards().stream().map(shard -> Map.of("filename", shard.path())).toList();
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("_data_files", files);
    state.put("_fingerprint", Storage.sha256Hex(content).substring(0, 16));
    state.put("_format_columns", null);
    state.put("_format_kwargs", Map.of());
    state.put("_format_type", null);
    state.put("_output_all_columns", false);
    state.put("_split", manifest.split());
    return state;
  }

  /** Breaks lines down to the fields of a shard; a record batch stays on one line. */
  private static final class ShallowIndenter implements DefaultPrettyPrinter.Indenter {
    private static final int DEEPEST_LEVEL = 3;

    @Override
    public void writeIndentation(JsonGenerator generator, int level) throws IOException {
      if (level > DEEPEST_LEVEL) {
        generator.writeRaw(' ');
      } else {
        generator.writeRaw('\n');
        generator.writeRaw("  ".repeat(level));
      }
    }

    @Override
    public boolean isInline() {
      return false;
    }
  }
}
