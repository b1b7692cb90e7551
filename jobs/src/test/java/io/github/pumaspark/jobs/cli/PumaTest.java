package io.github.pumaspark.jobs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

final class PumaTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Callable<Integer> behaviour = () -> ExitCodes.OK;

  @Test
  void aCommandsExitCodeIsTheProcesss() {
    behaviour = () -> ExitCodes.RUN_AGAIN;

    assertThat(run("probe")).isEqualTo(75);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void userMistakesAreOneLineEachAndExitCode2() {
    behaviour =
        () -> {
          throw new ConfigException(List.of("first", "second"));
        };

    assertThat(run("probe")).isEqualTo(2);
    assertThat(err.toString().lines()).containsExactly("puma: error: first", "puma: error: second");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void failuresAreOneLineAndExitCode1() {
    behaviour =
        () -> {
          throw new ExecutionException(new IOException("No space left on device\nmore"));
        };

    assertThat(run("probe")).isEqualTo(1);
    assertThat(err.toString().lines()).containsExactly("puma: error: No space left on device");
  }

  @Test
  void missingFilesAreSaidToBeMissing() {
    behaviour =
        () -> {
          throw new NoSuchFileException("/x/y");
        };

    assertThat(run("probe")).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly("puma: error: Cannot find '/x/y': no such file or directory");
  }

  @Test
  void defectsNameTheirKindAndTheWayToTheStackTrace() {
    behaviour =
        () -> {
          throw new IllegalStateException("rank 3 is missing");
        };

    assertThat(run("probe")).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly(
            "puma: error: Unexpected IllegalStateException: rank 3 is missing"
                + " (run again with --verbose for the stack trace)");
  }

  @Test
  void verbosePrintsTheStackTraceWhereverItStands() {
    behaviour =
        () -> {
          throw new ConfigException("wrong");
        };

    assertThat(run("--verbose", "probe")).isEqualTo(2);
    assertThat(run("probe", "-v")).isEqualTo(2);
    assertThat(err.toString().split("at io.github.pumaspark", -1).length).isGreaterThan(2);
    assertThat(err.toString()).contains("puma: error: wrong");
  }

  @Test
  void unknownCommandsAndOptionsGetTheNearestMatch() {
    assertThat(run("prob")).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "puma: error: Unknown command 'prob'. Did you mean 'probe'? (see 'puma --help')");

    err.getBuffer().setLength(0);
    assertThat(run("probe", "--dryrun")).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "puma: error: Unknown option '--dryrun'. Did you mean '--dry-run'?"
                + " (see 'puma probe --help')");
  }

  @Test
  void noCommandIsAUsageError() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString().lines()).hasSize(1).allMatch(line -> line.contains("--help"));
  }

  @Test
  void configurationProblemsReachTheUserThroughTheMixin() {
    assertThat(run("probe", "--config", "no-such.conf")).isEqualTo(2);
    assertThat(run("probe", "train.stepz=3", "train.seed=x")).isEqualTo(2);
    assertThat(err.toString().lines())
        .containsExactly(
            "puma: error: Cannot read configuration 'no-such.conf': no such file",
            "puma: error: Unknown key 'train.stepz' on the command line."
                + " Did you mean 'train.steps'?",
            "puma: error: Invalid train.seed: \"x\" on the command line (must be a whole number)");
  }

  @Test
  void dryRunPrintsEveryValueWithItsSource() {
    assertThat(run("probe", "--dry-run", "train.steps=300")).isZero();
    assertThat(out.toString().lines())
        .anyMatch(line -> line.matches("train\\.steps = 300 +# command line"))
        .anyMatch(line -> line.matches("train\\.seed = 1 +# default"));
    assertThat(EffectiveConfig.parse(out.toString(), "dry run", List.of()).values())
        .isEqualTo(EffectiveConfig.load(null, List.of("train.steps=300")).values());
  }

  @Test
  void helpAndVersionGoToStandardOutput() {
    assertThat(run("probe", "--help")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(out.toString())
        .contains("--config=FILE")
        .contains("KEY=VALUE")
        .contains("75")
        .containsPattern(
            "puma-spark \\d+\\.\\d+\\.\\d+\\S* \\(commit (unknown|[0-9a-f]{7,}\\S*)\\)");
    assertThat(err.toString()).isEmpty();
  }

  private int run(String... args) {
    CommandLine line = Puma.commandLine().addSubcommand("probe", new Probe());
    return Puma.run(line, new PrintWriter(out), new PrintWriter(err), args);
  }

  @Command(name = "probe")
  private final class Probe implements Callable<Integer> {
    @Mixin private ConfigOptions options = new ConfigOptions();
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
      EffectiveConfig config = options.load();
      if (options.isDryRun()) {
        ConfigOptions.print(config, spec.commandLine().getOut());
        return ExitCodes.OK;
      }
      return behaviour.call();
    }
  }
}
