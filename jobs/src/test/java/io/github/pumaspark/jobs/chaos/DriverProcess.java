package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One {@code puma} command in a process of its own, with its standard error in a file. */
final class DriverProcess {
  private final Process process;
  private final Path log;
  private final Path output;

  private DriverProcess(Process process, Path log, Path output) {
    this.process = process;
    this.log = log;
    this.output = output;
  }

  /**
   * Starts it.
   *
   * @param directory for its files; nothing else is written there
   */
  static DriverProcess start(ProcessBuilder builder, Path directory) throws IOException {
    Path log = directory.resolve("stderr");
    Path output = directory.resolve("stdout");
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.redirectError(log.toFile());
    builder.redirectOutput(output.toFile());
    return new DriverProcess(builder.start(), log, output);
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Meaningful only when it has ended. */
  int exitCode() {
    return process.exitValue();
  }

  /** SIGKILL, and waits for the end. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** SIGTERM: asks to stop with a checkpoint. */
  void requestStop() {
    process.destroy();
  }

  /** Waits for the end; false if it still runs. */
  boolean await(Duration timeout) throws InterruptedException {
    return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What it wrote to standard error so far. */
  List<String> log() {
    return lines(log);
  }

  /** What it wrote to standard output so far. */
  List<String> output() {
    return lines(output);
  }

  private static List<String> lines(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
