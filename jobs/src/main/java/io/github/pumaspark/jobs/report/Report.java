package io.github.pumaspark.jobs.report;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.data.storage.Storage;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The report on some training runs: one HTML file that needs no network and no other file.
 *
 * <p>The same inputs give the same bytes.
 */
public final class Report {
  private Report() {}

  /**
   * Reads runs and their evaluation, and writes the page.
   *
   * @param runs run directories, at least one, in the order in which they are shown
   * @param evaluation directory of evaluation results, at any depth; null to leave evaluation out
   * @param facts what the directories cannot tell
   * @param out HTML file, replaced if it exists
   * @throws ConfigException naming every directory that is missing or holds nothing to report;
   *     {@code out} is then as it was
   */
  public static void write(
      List<Path> runs,
      @Nullable Path evaluation,
      ReportFacts facts,
      Path out,
      Configuration configuration)
      throws IOException {
    if (runs.isEmpty()) {
      throw new ConfigException(
          "Cannot write report '" + Paths.show(out) + "': no run directory given");
    }
    List<String> problems = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    List<RunRecord> records =
        readRuns(runs.stream().map(Paths::withoutSlash).toList(), problems, configuration);
    List<EvaluationRecord> results = List.of();
    if (evaluation != null) {
      try {
        results = new EvaluationReader(configuration).read(Paths.withoutSlash(evaluation), notes);
      } catch (ConfigException e) {
        problems.add(e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    Map<String, Object> values = values(records, results, facts, notes);
    Storage.writeAtomically(
        out,
        configuration,
        stream -> {
          Writer writer = new OutputStreamWriter(stream, StandardCharsets.UTF_8);
          new Page().write(values, writer);
          writer.flush();
        });
  }

  private static List<RunRecord> readRuns(
      List<Path> runs, List<String> problems, Configuration configuration) throws IOException {
    RunReader reader = new RunReader(configuration);
    List<String> names = Paths.names(runs);
    List<RunRecord> records = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      try {
        records.add(reader.read(names.get(i), runs.get(i)));
      } catch (ConfigException e) {
        problems.add(e.getMessage());
      }
    }
    return records;
  }

  private static Map<String, Object> values(
      List<RunRecord> runs, List<EvaluationRecord> results, ReportFacts facts, List<String> notes) {
    runs.forEach(
        run -> run.notes().forEach(note -> notes.add("Run '" + run.name() + "': " + note)));
    Evaluations evaluations = Evaluations.of(results, runs, notes);
    List<EvaluationSection> sections = new ArrayList<>();
    for (Evaluations.Group group : evaluations.groups()) {
      sections.add(new EvaluationSection(runs, group, "evaluation-" + sections.size()));
    }
    List<EvaluationSection.View> views = sections.stream().map(EvaluationSection::view).toList();
    LineChart.Drawing loss = TrainingSection.loss(runs);
    List<LineChart.Drawing> more = TrainingSection.more(runs);
    RunTables tables = new RunTables(runs);
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("title", facts.title());
    values.put("marks", Mark.of(runs));
    values.put("headline", tables.headline(sections.stream().findFirst()));
    values.put("evaluations", views);
    values.put("loss", loss);
    values.put("more", more);
    values.put("settings", tables.settings());
    values.put("datasets", RunTables.datasets(facts));
    values.put("provenance", tables.provenance());
    values.put("checkpoints", tables.checkpoints());
    values.put("caveats", Caveats.of(facts, runs, evaluations));
    values.put("notes", notes);
    values.put("hoverJson", Json.forPage(hovers(views, loss, more)));
    values.put("tablesJson", Json.forPage(Downloads.tables(runs, evaluations)));
    values.put("resultsJson", Json.forPage(Downloads.results(evaluations)));
    return values;
  }

  private static Map<String, List<LineChart.Hover>> hovers(
      List<EvaluationSection.View> views, LineChart.Drawing loss, List<LineChart.Drawing> more) {
    Map<String, List<LineChart.Hover>> hovers = new LinkedHashMap<>();
    hovers.put(loss.id(), loss.hovers());
    more.forEach(chart -> hovers.put(chart.id(), chart.hovers()));
    views.stream()
        .flatMap(view -> view.panels().stream())
        .flatMap(panel -> panel.charts().stream())
        .forEach(chart -> hovers.put(chart.id(), chart.hovers()));
    return hovers;
  }

  /**
   * How a run is told apart in every chart and table: by colour, then by dashes, and by its marker.
   *
   * @param marker path in a box of 28 x 12
   */
  record Mark(int run, String name, int colour, int dash, String marker) {
    private static final int COLOURS = 6;
    private static final int DASHES = 4;

    static List<Mark> of(List<RunRecord> runs) {
      List<Mark> marks = new ArrayList<>();
      for (int run = 0; run < runs.size(); run++) {
        marks.add(
            new Mark(
                run,
                runs.get(run).name(),
                run % COLOURS,
                run / COLOURS % DASHES,
                LineChart.marker(run, 14, 6)));
      }
      return marks;
    }
  }
}
