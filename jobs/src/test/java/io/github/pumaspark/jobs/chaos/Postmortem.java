package io.github.pumaspark.jobs.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All that is known of a training that went wrong, before its processes are ended. */
final class Postmortem {
  private static final int DRIVER_LINES = 120;
  private static final int EXECUTOR_LINES = 40;

  private Postmortem() {}

  /** The text of it: logs, processes, threads, files. */
  static String of(Commands commands, List<DriverProcess> drivers, TrainFixture.Run run) {
    List<String> lines = new ArrayList<>();
    lines.add("== processes");
    lines.addAll(commands.processes().describe());
    for (DriverProcess driver : drivers.subList(Math.max(0, drivers.size() - 2), drivers.size())) {
      lines.add(
          "== log of driver %d (%s)"
              .formatted(driver.pid(), driver.isAlive() ? "runs" : "exit " + driver.exitCode()));
      lines.addAll(tail(driver.log(), DRIVER_LINES));
    }
    lines.add("== files of the run");
    try {
      lines.addAll(run.inspector().files());
    } catch (IOException e) {
      lines.add(e.toString());
    }
    for (Path log : executorLogs(commands.directory())) {
      lines.add("== " + commands.directory().relativize(log));
      lines.addAll(tail(read(log), EXECUTOR_LINES));
    }
    for (ProcessHandle process : commands.processes().all()) {
      lines.add("== threads of " + process.pid());
      try {
        lines.addAll(Tools.run("jstack", Long.toString(process.pid())));
        Files.deleteIfExists(Path.of("/tmp/.java_pid" + process.pid()));
      } catch (IOException e) {
        lines.add(e.toString());
      }
    }
    return String.join("\n", lines);
  }

  /** The newest few. */
  private static List<Path> executorLogs(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> logs =
          files
              .filter(file -> file.getFileName().toString().equals("stderr"))
              .filter(file -> file.toString().contains("/work/"))
              .sorted((a, b) -> Long.compare(b.toFile().lastModified(), a.toFile().lastModified()))
              .toList();
      return logs.subList(0, Math.min(6, logs.size()));
    } catch (IOException e) {
      return List.of();
    }
  }

  private static List<String> read(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  private static List<String> tail(List<String> lines, int count) {
    return lines.subList(Math.max(0, lines.size() - count), lines.size());
  }
}
