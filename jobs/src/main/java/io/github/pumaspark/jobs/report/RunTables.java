package io.github.pumaspark.jobs.report;

import io.github.pumaspark.jobs.report.Table.Cell;
import io.github.pumaspark.jobs.report.Table.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Tables with one row, column or block per run. */
final class RunTables {
  private final List<RunRecord> runs;

  RunTables(List<RunRecord> runs) {
    this.runs = runs;
  }

  /**
   * The table that the page begins with.
   *
   * @param evaluation whose final result is shown; empty when nothing was evaluated
   */
  Table headline(Optional<EvaluationSection> evaluation) {
    List<Column> columns =
        new ArrayList<>(
            List.of(
                Column.text("Run"),
                Column.text("Strategy"),
                Column.number("World size"),
                Column.number("Steps"),
                Column.number("Distinct sequences"),
                Column.number("Tokens/s"),
                Column.number("Training seconds")));
    evaluation.ifPresent(section -> columns.addAll(section.headlineColumns()));
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      RunRecord run = runs.get(i);
      MetricRecord last = run.last();
      String steps = Numbers.count(last.step());
      if (run.plannedSteps() > (double) last.step()) {
        steps += " of " + Numbers.count(run.plannedSteps());
      }
      List<Cell> row = new ArrayList<>();
      row.add(Cell.run(i, run.name()));
      row.add(Cell.text(run.strategy()));
      row.add(Cell.count(run.worldSize()));
      row.add(Cell.number((double) last.step(), steps));
      row.add(Cell.count(last.sequences()));
      row.add(Cell.count(run.tokensPerSecond()));
      row.add(Cell.seconds(last.seconds()));
      int index = i;
      evaluation.ifPresent(section -> row.addAll(section.headlineCells(index)));
      rows.add(row);
    }
    return new Table("runs-table", "", columns, rows);
  }

  /** One row per key; rows in which the runs differ are marked. */
  Table settings() {
    List<Column> columns = new ArrayList<>();
    columns.add(Column.text("Key"));
    runs.forEach(run -> columns.add(Column.text(run.name())));
    if (runs.size() > 1) {
      columns.add(Column.text("Same in all runs"));
    }
    SortedSet<String> keys = new TreeSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    List<List<Cell>> rows = new ArrayList<>();
    for (String key : keys) {
      List<String> values =
          runs.stream().map(run -> run.settings().getOrDefault(key, "(not set)")).toList();
      boolean differs = values.stream().distinct().count() > 1;
      List<Cell> row = new ArrayList<>();
      row.add(Cell.text(key).styled("key"));
      values.forEach(value -> row.add(Cell.text(value).styled(differs ? "differs" : "same")));
      if (runs.size() > 1) {
        row.add(Cell.text(differs ? "differs" : "same").styled(differs ? "differs" : "same"));
      }
      rows.add(row);
    }
    return new Table("settings-table", "", columns, rows);
  }

  /** Where each run came from, as its newest checkpoint tells it. */
  Table provenance() {
    List<Column> columns =
        List.of(
            Column.text("Run"),
            Column.text("Run id"),
            Column.text("Code version"),
            Column.text("Seed"),
            Column.text("Precision"),
            Column.number("Threads per rank"),
            Column.text("Dataset manifest SHA-256"),
            Column.text("Tokenizer SHA-256"),
            Column.text("Parent checkpoint"),
            Column.text("Directory"));
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      RunRecord run = runs.get(i);
      List<Cell> row = new ArrayList<>();
      row.add(Cell.run(i, run.name()));
      if (run.checkpoints().isEmpty()) {
        row.add(Cell.text("no checkpoint yet"));
        for (int column = 2; column < columns.size() - 1; column++) {
          row.add(Cell.text(Numbers.NONE));
        }
      } else {
        CheckpointRecord newest = run.checkpoints().get(run.checkpoints().size() - 1);
        row.add(Cell.text(known(newest.runId())));
        row.add(Cell.text(codeVersions(run)));
        row.add(Cell.text(known(newest.seed())));
        row.add(Cell.text(known(newest.precision())));
        row.add(Cell.count(newest.threads()));
        row.add(Cell.hash(newest.datasetSha256()));
        row.add(Cell.hash(newest.tokenizerSha256()));
        row.add(Cell.path(known(newest.parent())));
      }
      row.add(Cell.path(run.directory()));
      rows.add(row);
    }
    return new Table("provenance-table", "", columns, rows);
  }

  /** Every complete checkpoint with its hashes. */
  Table checkpoints() {
    List<Column> columns =
        List.of(
            Column.text("Run"),
            Column.number("Step"),
            Column.number("Distinct sequences"),
            Column.number("Tokens"),
            Column.number("Training seconds"),
            Column.text("SHA-256 of model.safetensors"),
            Column.text("SHA-256 of state.json"),
            Column.text("Directory"));
    List<List<Cell>> rows = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      for (CheckpointRecord checkpoint : runs.get(i).checkpoints()) {
        rows.add(
            List.of(
                Cell.run(i, runs.get(i).name()),
                Cell.count(checkpoint.step()),
                Cell.count(checkpoint.sequences()),
                Cell.count(checkpoint.tokens()),
                Cell.seconds(checkpoint.seconds()),
                Cell.hash(checkpoint.files().getOrDefault("model.safetensors", "")),
                Cell.hash(checkpoint.stateSha256()),
                Cell.path(checkpoint.directory())));
      }
    }
    return new Table(
        "checkpoints-table",
        "Complete checkpoints. state.json lists the hash of every other file.",
        columns,
        rows);
  }

  /** The datasets of the study. */
  static Table datasets(ReportFacts facts) {
    List<Column> columns =
        List.of(
            Column.text("Dataset"),
            Column.number("Sequences"),
            Column.number("Tokens"),
            Column.number("Documents in"),
            Column.number("Kept"),
            Column.number("Dropped"),
            Column.number("Quarantined"),
            Column.text("Manifest SHA-256"),
            Column.text("Directory"));
    List<List<Cell>> rows = new ArrayList<>();
    for (ReportFacts.Dataset dataset : facts.datasets()) {
      rows.add(
          List.of(
              Cell.text(dataset.name()),
              Cell.count(dataset.rows()),
              Cell.count(dataset.tokens()),
              Cell.count(dataset.documentsIn()),
              Cell.count(dataset.documentsOut()),
              Cell.count(dataset.dropped()),
              Cell.count(dataset.quarantined()),
              Cell.hash(dataset.manifestSha256()),
              Cell.path(dataset.path())));
    }
    return new Table("datasets-table", "", columns, rows);
  }

  private static String codeVersions(RunRecord run) {
    List<String> versions =
        run.checkpoints().stream().map(CheckpointRecord::codeVersion).distinct().toList();
    return known(String.join(", then ", versions));
  }

  private static String known(String text) {
    return text.isEmpty() ? Numbers.NONE : text;
  }
}
