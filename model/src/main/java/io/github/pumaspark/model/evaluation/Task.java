package io.github.pumaspark.model.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.pumaspark.data.batch.Sequence;
import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.network.Predictor;
import java.io.Serializable;
import java.util.List;

/** Something to score a model on, with its settings. */
public sealed interface Task extends Serializable permits SudokuTask, NllTask {
  /** Name in commands, keys and results. */
  String name();

  /** Raised whenever the same model could score differently on the same rows. */
  int version();

  /** The name of {@link #settings} in results, as {@code sampler}. */
  String settingsName();

  /** The settings that can change the score, as they are stored. */
  ObjectNode settings();

  /** The settings as part of a name: letters, digits and underscores. */
  String label();

  /** Rows per forward pass. */
  int batchSize();

  /**
   * Checks that a row is one this task can score.
   *
   * @throws ConfigException naming the dataset and the row if it is not
   */
  void check(Sequence row, EvaluationData data);

  /**
   * Scores a model.
   *
   * @param rows at least one, checked; their order changes the metrics by rounding at most
   * @throws ConfigException if no row has anything to score
   */
  TaskScores score(Predictor predictor, List<Sequence> rows, EvaluationData data);

  /**
   * The task of a stored result.
   *
   * @param settings as {@link #settings} returned it
   * @throws IllegalArgumentException if the name is unknown or a setting is missing
   */
  static Task of(String name, JsonNode settings, int batchSize) {
    return switch (name) {
      case SudokuTask.NAME -> SudokuTask.of(settings, batchSize);
      case NllTask.NAME -> NllTask.of(settings, batchSize);
      default -> throw new IllegalArgumentException("Unknown task '" + name + "'");
    };
  }
}
