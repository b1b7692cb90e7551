package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What happened to a training under a plan of faults.
 *
 * @param records one per fault, in order
 * @param drivers processes of the command, one after the other
 * @param refusedStarts drivers that did not start, since an executor was frozen as it started
 * @param continued processes that were stopped until the end and got SIGCONT from the suite
 * @param ledger how much of the recorded history is void
 */
record ChaosReport(
    FaultPlan plan,
    List<FaultRecord> records,
    int drivers,
    int refusedStarts,
    int continued,
    double seconds,
    String ledger) {
  ChaosReport {
    records = List.copyOf(records);
  }

  /** For people: a table in Markdown. */
  String toMarkdown(String title) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "# %s\n\nSeed %d, %d faults in %.0f s, %d drivers, %d of them refused to start. %s. %d stopped processes were left to"
                + " continue at the end.\n\n",
            title,
            plan.seed(),
            plan.harmful(),
            seconds,
            drivers,
            refusedStarts,
            ledger,
            continued));
    Map<FaultKind, int[]> totals = new EnumMap<>(FaultKind.class);
    for (FaultRecord record : records) {
      int[] counts = totals.computeIfAbsent(record.fault().kind(), kind -> new int[2]);
      counts[0]++;
      counts[1] += record.recoverySeconds().isPresent() ? 1 : 0;
    }
    text.append("| kind | faults | of them with a recovery of their own |\n|---|---|---|\n");
    totals.forEach(
        (kind, counts) -> text.append("| %s | %d | %d |\n".formatted(kind, counts[0], counts[1])));
    text.append(
        "\n| # | at s | fault | generation | step | gone on from | s to training again | what was"
            + " done |\n|---|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < records.size(); i++) {
      FaultRecord record = records.get(i);
      text.append(
          String.format(
              Locale.ROOT,
              "| %d | %.1f | %s | %d | %d | %s | %s | %s |\n",
              i + 1,
              record.seconds(),
              record.fault(),
              record.at().generation(),
              record.at().step(),
              record.recoverySeconds().isPresent() ? record.resumedFrom() : "",
              record
                  .recoverySeconds()
                  .map(seconds -> String.format(Locale.ROOT, "%.1f", seconds))
                  .orElse(""),
              record.detail()));
    }
    return text.toString();
  }

  /** Writes it below the build's directory and prints it. */
  Path write(String name, String title) throws IOException {
    Path file = Path.of("target", "chaos", name + ".md");
    Files.createDirectories(file.getParent());
    String text = toMarkdown(title);
    Files.writeString(file, text);
    System.out.println(text);
    return file;
  }
}
