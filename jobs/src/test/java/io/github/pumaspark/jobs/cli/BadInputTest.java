package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.storage.DirectoryLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes that are found before anything is started. */
final class BadInputTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder;

  @BeforeEach
  void forget() {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
  }

  @Test
  void aKeyInAnUnknownSectionIsNamedWithItsPlace() {
    assertThat(run("train", "optimiser.learning-rate=2")).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Unknown key 'optimiser.learning-rate' on the command line."
                + " Did you mean 'optimizer.learning-rate'?");
  }

  @Test
  void anUnknownPresetIsNamedWithTheKnownOnes() {
    assertThat(run("train", "run.preset=tinygms")).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Invalid run.preset: \"tinygms\" on the command line"
                + " (must be one of sudoku, tiny, tinygsm) Did you mean 'tinygsm'?");
  }

  @Test
  void headsThatDoNotDivideTheWidthAreNamedWithBothSources() {
    assertThat(run("train", "run.preset=sudoku", "network.heads=3")).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: network.heads must divide network.width 256: 3"
                + " [command line, preset sudoku]");
  }

  @Test
  void aDirectoryIsNoConfigurationFile() {
    assertThat(run("train", "--config", folder.toString())).isEqualTo(2);
    assertThat(errors())
        .containsExactly(
            "puma: error: Cannot read configuration '" + folder + "': it is a directory");
  }

  @Test
  void anUnknownBoardSizeIsNamedAsTheUserGaveIt() {
    assertThat(run("quickstart", "--size", "7")).isEqualTo(2);
    assertThat(errors()).containsExactly("puma: error: Invalid --size: 7 (must be 6 or 9)");
  }

  @Test
  void aDirectoryOfSomethingElseIsRefusedAndLeftAsItIs() throws IOException {
    Files.writeString(folder.resolve("thesis.tex"), "");

    for (List<String> more : List.of(List.of("--dry-run"), List.<String>of())) {
      forget();
      assertThat(run("quickstart", more, "--dir", folder.toString())).isEqualTo(2);
      assertThat(errors())
          .containsExactly(
              "puma: error: Cannot use '"
                  + folder
                  + "': it holds files of something else, such as 'thesis.tex'."
                  + " Choose another directory.");
      assertThat(folder.toFile().list()).containsExactly("thesis.tex");
    }
  }

  @Test
  void aDirectoryThatAnotherDriverWorksInIsRefused() throws IOException {
    try (DirectoryLock held =
        DirectoryLock.acquire(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration())) {
      assertThat(held).isNotNull();
      assertThat(run("quickstart", "--dir", folder.toString())).isEqualTo(1);
    }
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0))
        .startsWith("puma: error: Cannot use '" + folder + "': process ")
        .contains(" on host ")
        .contains(", started ");
  }

  @Test
  void anOutputUnderAFileIsRefusedByItsName() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThat(run("generate", "sudoku", "--boards", "1", "--size", "4", "--out", file + "/x.csv"))
        .isEqualTo(1);
    assertThat(errors())
        .containsExactly("puma: error: Cannot make directory '" + file + "': a file is in the way");
  }

  @Test
  void aDirectoryWhereAFileShouldGoIsRefusedByItsName() throws IOException {
    Path directory = Files.createDirectory(folder.resolve("directory"));

    assertThat(
            run(
                "generate",
                "sudoku",
                "--overwrite",
                "--boards=1",
                "--size=4",
                "--out=" + directory))
        .isEqualTo(1);
    assertThat(errors())
        .containsExactly("puma: error: Cannot write '" + directory + "': it is a directory");
    assertThat(folder.toFile().list()).containsExactly("directory");
  }

  @Test
  void aNetworkTooSmallForThePipelinesRowsIsRefusedBeforeAnythingIsWritten() {
    Path directory = folder.resolve("new");

    for (List<String> more : List.of(List.of("--dry-run"), List.<String>of())) {
      forget();
      assertThat(run("quickstart", more, "--dir=" + directory, "network.max-positions=20"))
          .isEqualTo(2);
      assertThat(errors())
          .containsExactly(
              "puma: error: Invalid network.max-positions: 20 (the dataset '"
                  + directory
                  + "/data/train' has rows of 36 tokens)");
      assertThat(directory).doesNotExist();
    }
  }

  @Test
  void moreRanksThanFitAreRefusedBeforeAnythingIsWritten() {
    Path directory = folder.resolve("new");

    assertThat(
            run(
                "quickstart",
                "--dir=" + directory,
                "cluster.ranks=5000",
                "train.global-batch-size=5000"))
        .isEqualTo(2);
    assertThat(errors()).hasSize(1);
    assertThat(errors().get(0))
        .startsWith("puma: error: Cannot start 5000 ranks on this machine: need ")
        .contains(", have ");
    assertThat(directory).doesNotExist();
  }

  private List<String> errors() {
    return err.toString().lines().toList();
  }

  private int run(String command, List<String> more, String... args) {
    List<String> all = new java.util.ArrayList<>(List.of(command));
    all.addAll(more);
    all.addAll(List.of(args));
    return run(all.toArray(String[]::new));
  }

  private int run(String... args) {
    return Puma.run(
        Puma.commandLine(), new PrintWriter(out, true), new PrintWriter(err, true), args);
  }
}
