package io.github.pumaspark.model.evaluation;

import io.github.pumaspark.data.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results as files of one directory, on any Hadoop file system: {@code
 * <run>__step<step>-<key>.json} for a result, {@code <key>.samples.jsonl} for its sample records,
 * which results of equal key share.
 *
 * <p>A file appears whole or not at all, and the samples come before the result that needs them.
 * Several processes may put results at once; the same key twice leaves one of the two.
 */
public final class ResultStore {
  private static final Logger LOG = LoggerFactory.getLogger(ResultStore.class);
  private static final String RESULT_SUFFIX = ".json";
  private static final String SAMPLES_SUFFIX = ".samples.jsonl";
  private static final int MAX_RESULT_BYTES = 1 << 24;

  private final Path directory;
  private final Configuration configuration;

  /** A store; the directory is made by the first {@link #put}. */
  public ResultStore(Path directory, Configuration configuration) {
    this.directory = directory;
    this.configuration = configuration;
  }

  /** Stores a result and its samples, replacing those of the same key and model. */
  public void put(Evaluation evaluation) throws IOException {
    Storage.writeAtomically(samplesFile(evaluation.result()), configuration, evaluation.samples());
    write(evaluation.result());
  }

  /**
   * The stored result of a unit, if it is whole with its samples. A damaged one is reported as a
   * warning and left out, so that it is computed again.
   *
   * <p>The same score stored for equal weights of another name is stored under this unit's name too
   * instead of being computed twice.
   */
  public Optional<EvaluationResult> find(EvaluationUnit unit) throws IOException {
    String key = unit.key();
    EvaluationResult found = readIfPresent(new Path(directory, fileName(unit.model(), key)));
    if (found == null) {
      for (Path file : files("-" + key + RESULT_SUFFIX)) {
        found = found == null ? readIfPresent(file) : found;
      }
    }
    if (found == null || !hasSamples(found)) {
      return Optional.empty();
    }
    if (!found.unit().model().equals(unit.model())) {
      found = found.forModel(unit.model());
      write(found);
    }
    return Optional.of(found);
  }

  /**
   * Every readable result, by file name; damaged ones are reported as warnings and left out. Does
   * not look at samples.
   */
  public List<EvaluationResult> all() throws IOException {
    List<EvaluationResult> results = new ArrayList<>();
    for (Path file : files(RESULT_SUFFIX)) {
      EvaluationResult result = readIfPresent(file);
      if (result != null) {
        results.add(result);
      }
    }
    return results;
  }

  /**
   * The sample records of a result, one JSON object per line.
   *
   * @throws IOException if they are missing or altered; evaluating again restores them
   */
  public String samples(EvaluationResult result) throws IOException {
    Path file = samplesFile(result);
    byte[] bytes = Storage.read(file, configuration, Integer.MAX_VALUE - 1024);
    if (!Storage.sha256Hex(bytes).equals(result.samplesSha256())) {
      throw new IOException(
          "Cannot read samples '"
              + file
              + "': they are not those of the stored result; run the evaluation again");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private void write(EvaluationResult result) throws IOException {
    Path file = new Path(directory, fileName(result.unit().model(), result.key()));
    Storage.writeAtomically(file, configuration, result.toJson());
  }

  private boolean hasSamples(EvaluationResult result) {
    try {
      samples(result);
      return true;
    } catch (IOException e) {
      LOG.warn("Evaluating '{}' again: {}", result.unit().model().name(), e.getMessage());
      return false;
    }
  }

  private @Nullable EvaluationResult readIfPresent(Path file) throws IOException {
    String text;
    try {
      byte[] bytes = Storage.read(file, configuration, MAX_RESULT_BYTES);
      text = new String(bytes, StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      return null;
    }
    try {
      EvaluationResult result = EvaluationResult.fromJson(text);
      if (!file.getName().endsWith("-" + result.key() + RESULT_SUFFIX)) {
        throw new IllegalArgumentException("its key is " + result.key());
      }
      return result;
    } catch (RuntimeException e) {
      LOG.warn("Ignoring result '{}', it will be computed again: {}", file, e.getMessage());
      return null;
    }
  }

  /** Finished files of the directory with a suffix, by name. */
  private List<Path> files(String suffix) throws IOException {
    FileSystem fs = Storage.of(directory, configuration);
    FileStatus[] statuses;
    try {
      statuses = fs.listStatus(directory);
    } catch (FileNotFoundException e) {
      return List.of();
    }
    return Arrays.stream(statuses)
        .map(FileStatus::getPath)
        .filter(path -> path.getName().endsWith(suffix) && !Storage.isTemporary(path))
        .sorted()
        .toList();
  }

  private Path samplesFile(EvaluationResult result) {
    return new Path(directory, result.key() + SAMPLES_SUFFIX);
  }

  private static String fileName(EvaluatedModel model, String key) {
    return model.fileName() + "-" + key + RESULT_SUFFIX;
  }
}
