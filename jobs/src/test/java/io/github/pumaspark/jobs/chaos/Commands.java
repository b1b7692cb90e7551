package io.github.pumaspark.jobs.chaos;

import io.github.pumaspark.jobs.cli.Puma;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Starts {@code puma} commands as processes with the class path of this one. Everything that they
 * and their executors write beside their results goes below one directory.
 */
final class Commands implements AutoCloseable {
  private final Path directory;
  private final List<String> systemProperties;
  private final MarkedProcesses processes = new MarkedProcesses(UUID.randomUUID().toString());
  private int started;

  /**
   * @param systemProperties more of them for the driver, such as {@code spark.hadoop.x=y}
   */
  Commands(Path directory, List<String> systemProperties) throws IOException {
    this.directory = Files.createDirectories(directory);
    this.systemProperties = List.copyOf(systemProperties);
  }

  /** All processes started here, and what these have started. */
  MarkedProcesses processes() {
    return processes;
  }

  /** Where drivers and executors have their scratch files and logs, one directory a driver. */
  Path directory() {
    return directory;
  }

  /** Starts a command. */
  DriverProcess start(List<String> arguments) throws IOException {
    Path scratch = Files.createDirectories(directory.resolve("driver-" + started++));
    Path temporary = Files.createDirectories(scratch.resolve("tmp"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-") || argument.startsWith("-XX:+Ignore"))
        .forEach(command::add);
    command.add("-Xmx512m");
    command.add("-Djava.io.tmpdir=" + temporary);
    command.add("-Dai.djl.offline=true");
    command.add("-Dlog4j2.configurationFile=" + logging());
    systemProperties.forEach(property -> command.add("-D" + property));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Puma.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    processes.mark(builder);
    builder.environment().put("PUMA_SCRATCH", scratch.toString());
    builder.environment().put("SPARK_HOME", scratch.toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.directory(scratch.toFile());
    return DriverProcess.start(builder, scratch);
  }

  /** Ends whatever is left of them. */
  @Override
  public void close() {
    processes.killAll();
  }

  private static String logging() {
    return Commands.class.getResource("log4j2-chaos.properties").toString();
  }
}
