package io.github.pumaspark.jobs.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A command of {@code puma} in a process of its own with an embedded cluster, watched from outside.
 *
 * <p>Closing it, or the end of this process by a signal, kills it and every process it ever
 * started.
 */
final class PumaProcess implements AutoCloseable {
  private static final String EXECUTOR = "org.apache.spark.executor.CoarseGrainedExecutorBackend";
  private static final String EXECUTOR_ID = "--executor-id";
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Path scratch;
  private final Path log;
  private final Process process;
  private final Set<ProcessHandle> family = new HashSet<>();
  private final Undo undo = new Undo(this::kill);

  private PumaProcess(Path scratch, Path log, Process process) {
    this.scratch = scratch;
    this.log = log;
    this.process = process;
  }

  /**
   * Starts a command.
   *
   * @param mainClass of {@code puma}
   * @param folder of temporary files, the caller's to delete
   * @param logging configuration of log4j for it and its executors
   */
  static PumaProcess start(String mainClass, Path folder, Path logging, List<String> arguments)
      throws IOException {
    // Of its own: executors of different commands have the same ids.
    Path scratch = Files.createTempDirectory(folder, "scratch");
    Path temporary = Files.createDirectories(scratch.resolve("tmp"));
    List<String> command =
        RankProcesses.javaCommand(
            mainClass,
            Map.of(
                "java.io.tmpdir", temporary.toString(),
                "log4j2.configurationFile", logging.toString()));
    command.addAll(arguments);
    Path log = folder.resolve("log");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("PUMA_SCRATCH", scratch.toString());
    builder.environment().put("SPARK_HOME", scratch.toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    return new PumaProcess(scratch, log, builder.start());
  }

  /**
   * An executor of the command.
   *
   * @param id Spark's name for it
   * @param log what it writes to standard error
   */
  record Executor(String id, ProcessHandle handle, Path log) {}

  /** The executors that are alive, all of them descendants of the command. */
  synchronized List<Executor> executors() throws IOException {
    List<Executor> executors = new ArrayList<>();
    for (ProcessHandle child : process.descendants().toList()) {
      family.add(child);
      List<String> words = commandLine(child);
      int id = words.indexOf(EXECUTOR_ID);
      if (words.contains(EXECUTOR) && id >= 0 && id + 1 < words.size()) {
        executors.add(new Executor(words.get(id + 1), child, executorLog(words.get(id + 1))));
      }
    }
    return executors;
  }

  /** What the command wrote to standard error. */
  Path log() {
    return log;
  }

  /**
   * Waits for the end of the command.
   *
   * @throws IOException if it fails or takes longer than {@code limit}
   */
  void await(Duration limit) throws IOException, InterruptedException {
    if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("Cannot go on: a command took longer than " + limit.toSeconds() + " s");
    }
    if (process.exitValue() != 0) {
      throw ended();
    }
  }

  /**
   * Makes sure that the command has not ended.
   *
   * @throws IOException with its last words
   */
  void requireAlive() throws IOException {
    if (!process.isAlive()) {
      throw ended();
    }
  }

  @Override
  public void close() {
    undo.close();
  }

  private Path executorLog(String id) throws IOException {
    Path work = scratch.resolve("work");
    if (Files.isDirectory(work)) {
      try (Stream<Path> applications = Files.list(work)) {
        for (Path application : applications.toList()) {
          Path found = application.resolve(id).resolve("stderr");
          if (Files.exists(found)) {
            return found;
          }
        }
      }
    }
    return work.resolve("none");
  }

  private static List<String> commandLine(ProcessHandle child) {
    try {
      String text =
          Files.readString(
              Path.of("/proc", Long.toString(child.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
      return List.of(text.split("\0"));
    } catch (IOException e) {
      // It has ended meanwhile.
      return List.of();
    }
  }

  private IOException ended() throws IOException {
    List<String> words =
        Files.readString(log).lines().filter(line -> line.contains("puma: error: ")).toList();
    return new IOException(
        "Cannot go on: a command ended with exit code "
            + process.exitValue()
            + (words.isEmpty()
                ? ""
                : ": " + words.get(words.size() - 1).replaceFirst("^.*puma: error: ", "")));
  }

  private synchronized void kill() {
    process.descendants().forEach(family::add);
    // The driver first: it would replace executors.
    process.destroyForcibly();
    family.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
