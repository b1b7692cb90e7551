package io.github.pumaspark.model.checkpoint;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.lang.Check;
import io.github.pumaspark.data.token.TokenizerSpec;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a run stands: the counters in a checkpoint, what they belong to, and the hashes of the
 * files beside them. Stored as {@code state.json}, one flat JSON object with keys in snake_case.
 *
 * @param schemaVersion {@link #SCHEMA_VERSION} for a new one
 * @param files SHA-256 by file name, of every other file of the checkpoint but the marker
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record TrainState(
    int schemaVersion,
    @JsonUnwrapped Lineage lineage,
    @JsonUnwrapped Progress progress,
    @JsonUnwrapped Dataset dataset,
    @JsonUnwrapped Execution execution,
    Map<String, String> files) {
  /** The schema that this build writes, and the newest that it reads. */
  public static final int SCHEMA_VERSION = 2;

  /** Without {@code updates} and {@code recent_losses}: every step was an update. */
  private static final int SCHEMA_WITHOUT_GUARDS = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  public TrainState {
    Check.argument(
        schemaVersion == SCHEMA_VERSION,
        "Invalid schema_version: %s (must be %s)",
        schemaVersion,
        SCHEMA_VERSION);
    files =
        Collections.unmodifiableMap(
            new TreeMap<>(Objects.requireNonNull(files, "files is missing")));
    files.forEach(CheckpointFile::new);
  }

  /**
   * Which run this is and where it came from.
   *
   * @param parentRun id of the run that the first weights came from; null if there was none
   * @param parentCheckpoint its checkpoint; null if there was none
   * @param stage name of the stage of training
   * @param seed base of all randomness of the run
   * @param codeVersion version and commit of the code
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Lineage(
      String runId,
      String runName,
      @Nullable String parentRun,
      @Nullable String parentCheckpoint,
      String stage,
      long seed,
      String codeVersion) {
    public Lineage {
      Objects.requireNonNull(runId, "run_id is missing");
      Objects.requireNonNull(runName, "run_name is missing");
      Objects.requireNonNull(stage, "stage is missing");
      Objects.requireNonNull(codeVersion, "code_version is missing");
    }
  }

  /**
   * Counters since the run began.
   *
   * @param step steps done
   * @param tokens positions processed, a sequence counting again in every step that trains on it
   * @param sequences distinct sequences consumed
   * @param seconds spent training
   * @param learningRate of the last step
   * @param lrDecayFraction share of the learning rate's decay that is done, in [0, 1]
   * @param cursor position in the global order, one counter per source
   * @param updates optimizer updates done; steps that a guard left out are none
   * @param recentLosses of the last updates, oldest first, as many as the guard against loss spikes
   *     looks at; empty if there is none
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Progress(
      long step,
      long tokens,
      long sequences,
      double seconds,
      double learningRate,
      double lrDecayFraction,
      List<Long> cursor,
      long updates,
      List<Double> recentLosses) {
    public Progress {
      Check.argument(step >= 0, "Invalid step: %s (must not be negative)", step);
      Check.argument(tokens >= 0, "Invalid tokens: %s (must not be negative)", tokens);
      Check.argument(sequences >= 0, "Invalid sequences: %s (must not be negative)", sequences);
      cursor = List.copyOf(Objects.requireNonNull(cursor, "cursor is missing"));
      Check.argument(
          0 <= updates && updates <= step,
          "Invalid updates: %s (must be in [0, %s])",
          updates,
          step);
      recentLosses = List.copyOf(Objects.requireNonNull(recentLosses, "recent_losses is missing"));
    }

    /** Of a run in which every step was an update and no guard looks at losses. */
    public Progress(
        long step,
        long tokens,
        long sequences,
        double seconds,
        double learningRate,
        double lrDecayFraction,
        List<Long> cursor) {
      this(
          step, tokens, sequences, seconds, learningRate, lrDecayFraction, cursor, step, List.of());
    }

    /** Before the first step. */
    public static Progress initial() {
      return new Progress(0, 0, 0, 0, 0, 0, List.of(0L));
    }
  }

  /**
   * What was trained on, with all that sampling needs when the dataset is gone.
   *
   * @param datasetManifestSha256 of the manifest's bytes
   * @param tokenizerSha256 of the tokenizer's specification
   * @param tokenizer what {@code Tokenizers} builds it from
   * @param sequenceLength length of a row (L)
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Dataset(
      String datasetManifestSha256,
      String tokenizerSha256,
      TokenizerSpec tokenizer,
      int sequenceLength) {
    public Dataset {
      Objects.requireNonNull(datasetManifestSha256, "dataset_manifest_sha256 is missing");
      Objects.requireNonNull(tokenizer, "tokenizer is missing");
      Check.argument(
          tokenizer.sha256().equals(tokenizerSha256),
          "Invalid tokenizer_sha256: %s (the tokenizer's is %s)",
          tokenizerSha256,
          tokenizer.sha256());
      Check.argument(
          sequenceLength > 0, "Invalid sequence_length: %s (must be positive)", sequenceLength);
    }
  }

  /**
   * What the last steps ran on; equal values give equal bits.
   *
   * @param precision of matrix products, as configured
   * @param threads per rank
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Execution(String precision, int worldSize, int threads) {
    public Execution {
      Objects.requireNonNull(precision, "precision is missing");
      Check.argument(worldSize > 0, "Invalid world_size: %s (must be positive)", worldSize);
      Check.argument(threads > 0, "Invalid threads: %s (must be positive)", threads);
    }
  }

  /** Steps done. */
  public long step() {
    return progress.step();
  }

  /** The same state with one more file, or another hash of it. */
  public TrainState withFile(CheckpointFile file) {
    TreeMap<String, String> all = new TreeMap<>(files);
    all.put(file.name(), file.sha256());
    return new TrainState(schemaVersion, lineage, progress, dataset, execution, all);
  }

  /** The text of {@code state.json}. */
  String toJson() {
    try {
      return JSON.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write the train state as JSON", e);
    }
  }

  /** Reads the bytes of {@code state.json}. */
  static TrainState parse(Path file, byte[] json) throws CorruptCheckpointException {
    try {
      JsonNode tree = JSON.readTree(json);
      int version = tree.path("schema_version").asInt(0);
      if (version < SCHEMA_WITHOUT_GUARDS || version > SCHEMA_VERSION) {
        throw new CorruptCheckpointException(
            file,
            "schema %s, this build reads %s to %s. Use a %s build."
                .formatted(
                    version,
                    SCHEMA_WITHOUT_GUARDS,
                    SCHEMA_VERSION,
                    version > SCHEMA_VERSION ? "newer" : "matching"));
      }
      if (version == SCHEMA_WITHOUT_GUARDS && tree instanceof ObjectNode state) {
        state.put("schema_version", SCHEMA_VERSION);
        state.set("updates", state.path("step"));
        state.putArray("recent_losses");
      }
      return JSON.treeToValue(tree, TrainState.class);
    } catch (CorruptCheckpointException e) {
      throw e;
    } catch (JsonMappingException e) {
      Throwable cause = e.getCause();
      String keys =
          e.getPath().stream()
              .map(reference -> String.valueOf(reference.getFieldName()))
              .collect(Collectors.joining("."));
      throw corrupt(
          file, cause == null ? keys + ": " + e.getOriginalMessage() : cause.getMessage(), e);
    } catch (JsonProcessingException e) {
      throw corrupt(file, e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw corrupt(file, e.getMessage(), e);
    }
  }

  private static CorruptCheckpointException corrupt(
      Path file, @Nullable String reason, Throwable cause) {
    return new CorruptCheckpointException(
        file, "not a train state: " + SafetensorsHeader.quoted(String.valueOf(reason)), cause);
  }
}
