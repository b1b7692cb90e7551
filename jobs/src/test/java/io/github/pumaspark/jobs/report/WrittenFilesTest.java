package io.github.pumaspark.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.token.SudokuTokenizer;
import io.github.pumaspark.model.checkpoint.CheckpointStore;
import io.github.pumaspark.model.checkpoint.TrainState;
import io.github.pumaspark.model.evaluation.EvaluatedModel;
import io.github.pumaspark.model.evaluation.EvaluationData;
import io.github.pumaspark.model.evaluation.EvaluationResult;
import io.github.pumaspark.model.evaluation.EvaluationUnit;
import io.github.pumaspark.model.evaluation.Metric;
import io.github.pumaspark.model.evaluation.SudokuTask;
import io.github.pumaspark.model.sampling.RevealOrder;
import io.github.pumaspark.model.sampling.SamplerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report's own reading of files agrees with the classes that write them. */
final class WrittenFilesTest {
  @TempDir private Path directory;

  @Test
  void readsWhatTheEvaluatorWrites() throws IOException {
    EvaluationUnit unit =
        new EvaluationUnit(
            new EvaluatedModel("puma", "/r/puma/step-1", 250, 4000, 9000, 37.5, "ab", "float32"),
            new EvaluationData("/data/validation", "cd", 500, 0),
            new SudokuTask(new SamplerConfig(RevealOrder.MAX_PROB, 2, 64, 1)),
            "0.1.0");
    EvaluationResult result =
        new EvaluationResult(
            unit,
            500,
            Map.of("exact_match", Metric.fraction(487, 500)),
            Map.of("givens", Map.of("14", Metric.fraction(9, 10))),
            5000,
            6.25,
            Instant.EPOCH,
            "cpu",
            "ef");
    StudyFixture.write(directory.resolve("puma__step00000250-key.json"), result.toJson());
    StudyFixture.write(directory.resolve("results_2026.json"), "{\"results\":{},\"config\":{}}");
    StudyFixture.write(directory.resolve("torn.json"), "{");
    List<String> notes = new ArrayList<>();

    List<EvaluationRecord> read =
        new EvaluationReader(new Configuration()).read(hadoop(directory), notes);

    assertThat(notes)
        .containsExactly(
            "Skipped '" + directory.resolve("torn.json") + "': not JSON at line 1, column 2.");
    assertThat(read).hasSize(1);
    EvaluationRecord record = read.get(0);
    assertThat(record)
        .extracting(
            EvaluationRecord::run,
            EvaluationRecord::checkpoint,
            EvaluationRecord::step,
            EvaluationRecord::sequences,
            EvaluationRecord::trainSeconds,
            EvaluationRecord::task,
            EvaluationRecord::order,
            EvaluationRecord::tokensPerStep,
            EvaluationRecord::n)
        .containsExactly(
            "puma", "/r/puma/step-1", 250L, 4000.0, 37.5, "sudoku", "max-prob", "2", 500L);
    assertThat(record.metrics().get("exact_match"))
        .isEqualTo(new EvaluationRecord.Measure(0.974, Interval.wilson(0.974, 500), 500));
    assertThat(record.byGivens().get(14))
        .isEqualTo(new EvaluationRecord.Measure(0.9, Interval.wilson(0.9, 10), 10));
  }

  @Test
  void readsWhatTheCheckpointStoreWrites() throws IOException {
    SudokuTokenizer tokenizer = new SudokuTokenizer(6);
    TrainState state =
        new TrainState(
            TrainState.SCHEMA_VERSION,
            new TrainState.Lineage("id", "puma", null, null, "main", 1, "0.1.0+abc"),
            new TrainState.Progress(250, 9000, 4000, 37.5, 1e-3, 0, List.of(4000L)),
            new TrainState.Dataset("data", tokenizer.spec().sha256(), tokenizer.spec(), 36),
            new TrainState.Execution("float32", 2, 1),
            Map.of());
    CheckpointStore store =
        new CheckpointStore(hadoop(directory.resolve("checkpoints")), new Configuration());
    store.commit(state, "{}", 0);
    StudyFixture.write(directory.resolve("metrics.jsonl"), "{\"step\":250}");

    List<CheckpointRecord> read =
        new RunReader(new Configuration()).read("puma", hadoop(directory)).checkpoints();

    assertThat(read)
        .extracting(
            CheckpointRecord::runId,
            CheckpointRecord::runName,
            CheckpointRecord::step,
            CheckpointRecord::sequences,
            CheckpointRecord::seconds,
            CheckpointRecord::worldSize,
            CheckpointRecord::codeVersion,
            CheckpointRecord::datasetSha256,
            CheckpointRecord::tokenizerSha256)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "id",
                "puma",
                250L,
                4000.0,
                37.5,
                2.0,
                "0.1.0+abc",
                "data",
                tokenizer.spec().sha256()));
    assertThat(read.get(0).parent()).isEmpty();
    assertThat(read.get(0).files()).containsKey("config.json");
  }

  private static org.apache.hadoop.fs.Path hadoop(Path path) {
    return new org.apache.hadoop.fs.Path(path.toString());
  }
}
