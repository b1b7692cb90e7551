package io.github.pumaspark.jobs.cli;

import io.github.pumaspark.jobs.report.Report;
import io.github.pumaspark.jobs.report.ReportFacts;
import io.github.pumaspark.jobs.spark.LazySession;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code puma report}. */
@Command(
    name = "report",
    description = "Write one self-contained HTML page about runs and their scores.")
final class ReportCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--runs",
      required = true,
      arity = "1..*",
      paramLabel = "DIR",
      description = "Run directories.")
  private List<String> runs = List.of();

  @Option(
      names = "--evaluation",
      paramLabel = "DIR",
      description = "Output directory of 'puma evaluate'.")
  private @Nullable String evaluation;

  @Option(names = "--title", description = "Heading of the page.")
  private String title = "Masked diffusion pretraining";

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "The HTML file.")
  private String out = "";

  @Override
  public Integer call() throws Exception {
    Path file = new Path(out);
    Report.write(
        runs.stream().map(Path::new).toList(),
        evaluation == null ? null : new Path(evaluation, "results"),
        ReportFacts.titled(title),
        file,
        LazySession.fileSystems());
    Flags.out(spec).println(file);
    return ExitCodes.OK;
  }
}
