package io.github.pumaspark.jobs.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** Main class: finds the command, runs it, and turns whatever happens into an exit code. */
@Command(
    name = "puma",
    scope = ScopeType.INHERIT,
    description = "Masked diffusion pretraining with progressive unmasking (PUMA) on Apache Spark.",
    mixinStandardHelpOptions = true,
    versionProvider = CodeVersionProvider.class,
    showDefaultValues = true,
    sortOptions = false,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:the command line, the configuration or an input has to change",
      "75:stopped with a checkpoint; run the same command again"
    })
public final class Puma {
  /** The commands, in the order of the help text. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          QuickstartCommand.class,
          PipelineCommand.class,
          GenerateCommand.class,
          ShardCommand.class,
          VerifyCommand.class,
          TrainCommand.class,
          EvaluateCommand.class,
          ReportCommand.class,
          SampleCommand.class,
          ExportCommand.class,
          ImportCommand.class,
          BenchCommand.class);

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Print stack traces of failures.",
      showDefaultValue = CommandLine.Help.Visibility.NEVER)
  private boolean verbose;

  private Puma() {}

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintStream results =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Libraries that print to standard output must not get between the results.
    System.setOut(System.err);
    int code =
        run(
            commandLine(),
            new PrintWriter(results, true, StandardCharsets.UTF_8),
            new PrintWriter(System.err, true, StandardCharsets.UTF_8),
            args);
    results.flush();
    System.exit(code);
  }

  /** The command line with every command. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Puma());
    COMMANDS.forEach(line::addSubcommand);
    return line;
  }

  /**
   * Runs one command.
   *
   * @param out gets results
   * @param err gets errors, each line starting with {@code puma: error:}
   * @return one of {@link ExitCodes}
   */
  static int run(CommandLine line, PrintWriter out, PrintWriter err, String... args) {
    return line.setOut(out)
        .setErr(err)
        .setParameterExceptionHandler(Puma::refuse)
        .setExecutionExceptionHandler(Puma::fail)
        .execute(args);
  }

  private static int refuse(ParameterException problem, String[] args) {
    CommandLine command = problem.getCommandLine();
    String help = " (see '" + command.getCommandSpec().qualifiedName() + " --help')";
    print(command.getErr(), explanation(problem) + help);
    return ExitCodes.USAGE;
  }

  private static String explanation(ParameterException problem) {
    String message = String.valueOf(problem.getMessage()).lines().findFirst().orElse("");
    if (!(problem instanceof UnmatchedArgumentException unmatched)) {
      return message;
    }
    String argument = unmatched.getUnmatched().get(0);
    boolean isCommand =
        !unmatched.isUnknownOption()
            && !problem.getCommandLine().getCommandSpec().subcommands().isEmpty();
    String what = unmatched.isUnknownOption() ? "option" : isCommand ? "command" : "argument";
    List<String> known = unmatched.getSuggestions();
    return "Unknown "
        + what
        + " '"
        + argument
        + "'."
        + (known.isEmpty() ? "" : " Did you mean '" + known.get(0) + "'?");
  }

  private static int fail(Exception failure, CommandLine command, ParseResult parsed) {
    if (((Puma) command.getCommandSpec().root().userObject()).verbose) {
      failure.printStackTrace(command.getErr());
    }
    if (isShuttingDown()) {
      // A signal closes things under the command's feet: what then fails first says nothing.
      print(command.getErr(), "Stopped by a signal before it was done");
      return ExitCodes.FAILURE;
    }
    ErrorLines.of(failure).forEach(line -> print(command.getErr(), line));
    return ErrorLines.exitCode(failure);
  }

  private static boolean isShuttingDown() {
    Thread nothing = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(nothing);
      Runtime.getRuntime().removeShutdownHook(nothing);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  /** Reports one of several problems that a command found by itself. */
  static void printError(CommandLine.Model.CommandSpec command, String line) {
    print(command.commandLine().getErr(), line);
  }

  private static void print(PrintWriter err, String line) {
    err.println("puma: error: " + line);
    err.flush();
  }
}
