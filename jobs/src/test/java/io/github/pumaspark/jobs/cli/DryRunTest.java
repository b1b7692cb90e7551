package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pipeline says of itself before anything is made. */
final class DryRunTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder;

  @Test
  void aPipelineOfGeneratedBoardsCountsTheParametersOfEveryRun() {
    assertThat(run("pipeline", "--dry-run", "generate.boards=100", "run.preset=tiny")).isZero();

    // 12 x 32 twice, 32, and two blocks of 4 x 32 x 32 + 5 x 32 + 3 x 32 x 96
    assertThat(out.toString().lines())
        .contains(
            "# puma: 27744 parameters, 384 of them in the embedding of 12 ids; rows of 36 tokens")
        .anyMatch(line -> line.matches("# puma: about \\d+\\.\\d MB of tensors in each of 2 .*"))
        .anyMatch(line -> line.matches("network\\.width = 32 +# preset tiny"));
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void whatIsPrintedIsAConfigurationFile() {
    assertThat(run("pipeline", "--dry-run", "shard.format=text", "run.preset=tinygsm")).isZero();

    String directory = "run.directory=" + folder.resolve("new");
    assertThat(EffectiveConfig.parse(out.toString(), "dry run", List.of()).values())
        .isEqualTo(
            EffectiveConfig.load(
                    null, List.of(directory, "shard.format=text", "run.preset=tinygsm"))
                .values());
  }

  @Test
  void boardsOfUnknownSizeAreNotGuessed() {
    assertThat(run("pipeline", "--dry-run", "shard.input=boards.csv")).isZero();

    assertThat(out.toString()).doesNotContain("parameters");
  }

  private int run(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("run.directory=" + folder.resolve("new"));
    return Puma.run(
        Puma.commandLine(),
        new PrintWriter(out, true),
        new PrintWriter(err, true),
        all.toArray(String[]::new));
  }
}
