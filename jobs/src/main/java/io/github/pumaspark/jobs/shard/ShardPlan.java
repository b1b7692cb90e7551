package io.github.pumaspark.jobs.shard;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.corpus.CorpusFile;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.manifest.InputFile;
import io.github.pumaspark.data.manifest.ManifestFile;
import io.github.pumaspark.data.storage.Storage;
import io.github.pumaspark.jobs.config.ShardConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What is to be made of which inputs, and whether it is there already. Equal plans give equal
 * bytes, so a finished dataset of the same plan is left as it is.
 *
 * @param inputs with the SHA-256 of their content
 * @param sha256 of settings and inputs
 */
record ShardPlan(List<InputFile> inputs, String sha256) {
  private static final Pattern OURS =
      Pattern.compile("data-\\d{5}-of-\\d{5}\\.arrow|dataset_info\\.json|state\\.json|\\.tmp-.*");

  /** Reads every input once to know its content. */
  static ShardPlan of(
      ShardConfig config, CorpusFormat format, List<CorpusFile> files, Configuration configuration)
      throws IOException {
    List<InputFile> inputs;
    try {
      inputs = files.parallelStream().map(file -> fingerprint(file, configuration)).toList();
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
    Map<String, Object> plan = new TreeMap<>();
    plan.put("format", config.format().name());
    plan.put("patterns", config.patterns());
    plan.put("tokenizer", format.tokenizer().sha256());
    plan.put("sequence-length", format.sequenceLength());
    plan.put("packing", format.packing());
    plan.put("validation-fraction", config.validationFraction());
    plan.put("seed", config.seed());
    plan.put("rows-per-shard", config.rowsPerShard());
    plan.put("inputs", inputs.stream().map(InputFile::fingerprint).sorted().toList());
    return new ShardPlan(
        inputs, Storage.sha256Hex(JsonMapper.builder().build().writeValueAsBytes(plan)));
  }

  /** Whether a directory holds the finished dataset of this plan. */
  boolean isDone(Path directory, Configuration configuration) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    return fs.exists(new Path(directory, ManifestFile.NAME))
        && ManifestFile.read(directory, configuration).planSha256().equals(sha256);
  }

  /**
   * Requires that a directory may be written: absent, or left unfinished by an earlier attempt.
   *
   * @throws ConfigException if it holds another dataset or foreign files
   */
  static void requireFree(Path directory, Configuration configuration) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    if (!fs.exists(directory)) {
      return;
    }
    if (!fs.getFileStatus(directory).isDirectory()) {
      throw new ConfigException("Cannot write dataset '" + directory + "': it is a file");
    }
    List<String> foreign = new ArrayList<>();
    for (FileStatus status : fs.listStatus(directory)) {
      String name = status.getPath().getName();
      if (name.equals(ManifestFile.NAME)) {
        throw new ConfigException(
            "Cannot write dataset '"
                + directory
                + "': it holds a dataset made from other inputs or settings. Choose another"
                + " shard.output, or delete it.");
      }
      if (!OURS.matcher(name).matches()) {
        foreign.add(name);
      }
    }
    if (!foreign.isEmpty()) {
      throw new ConfigException(
          "Cannot write dataset '"
              + directory
              + "': it holds files that are no part of a dataset, such as '"
              + foreign.get(0)
              + "'. Choose another shard.output.");
    }
    // Shards of an unfinished attempt may carry other numbers than those of this one.
    fs.delete(directory, true);
  }

  private static InputFile fingerprint(CorpusFile file, Configuration configuration) {
    try {
      return new InputFile(
          file.path(), file.bytes(), Storage.sha256Hex(new Path(file.path()), configuration));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read '" + file.path() + "': " + e.getMessage(), e);
    }
  }
}
