package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Processes that work at the same time, one per rank, each told and heard by a {@link LineProcess}.
 * As soon as one fails, the question to all of them fails.
 */
final class RankProcesses implements AutoCloseable {
  private static final Duration TURN = Duration.ofMillis(2);

  private final List<LineProcess> processes;

  private RankProcesses(List<LineProcess> processes) {
    this.processes = processes;
  }

  /** Makes the process of a rank. */
  interface Starter {
    LineProcess start(int rank) throws IOException;
  }

  /** Starts one process for every rank; if one cannot be started, none is left. */
  static RankProcesses start(int count, Starter starter) throws IOException {
    List<LineProcess> started = new ArrayList<>();
    try {
      for (int rank = 0; rank < count; rank++) {
        started.add(starter.start(rank));
      }
      return new RankProcesses(List.copyOf(started));
    } catch (IOException | RuntimeException e) {
      new RankProcesses(started).close();
      throw e;
    }
  }

  /**
   * Starts a {@link RankMain} with this process's class path and options.
   *
   * @param prefix of the command, such as another command that starts it somewhere; mostly empty
   */
  static LineProcess java(String name, List<String> prefix, Map<String, ?> settings)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(javaCommand(RankMain.class.getName(), Map.of()));
    return LineProcess.start(
        name, Files.createTempDirectory("puma-rank"), new ProcessBuilder(command), settings);
  }

  /**
   * The command that starts a main class as this process was started.
   *
   * @param properties that differ
   */
  static List<String> javaCommand(String mainClass, Map<String, String> properties) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        // A debugger or a coverage agent is for the process that it was given to.
        .filter(argument -> !argument.startsWith("-agent") && !argument.startsWith("-javaagent"))
        .forEach(command::add);
    // The last one counts. These may also have been set after the start.
    for (String property : List.of("java.io.tmpdir", "ai.djl.offline")) {
      String value = System.getProperty(property);
      if (value != null) {
        command.add("-D" + property + "=" + value);
      }
    }
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
    return command;
  }

  /** Number of processes. */
  int count() {
    return processes.size();
  }

  /** Sends one request to all and waits for all replies, in rank order. */
  List<JsonNode> ask(Map<String, ?> request, Duration limit) throws IOException {
    return ask(rank -> request, limit);
  }

  /** Sends one process a request and waits for its reply; the others do nothing. */
  JsonNode askOne(int rank, Map<String, ?> request) throws IOException {
    return processes.get(rank).ask(request);
  }

  /** Sends each its request and waits for all replies, in rank order. */
  List<JsonNode> ask(IntFunction<? extends Map<String, ?>> requests, Duration limit)
      throws IOException {
    for (int rank = 0; rank < processes.size(); rank++) {
      processes.get(rank).send(requests.apply(rank));
    }
    return replies(limit);
  }

  /**
   * Waits for one reply of each, in rank order.
   *
   * @throws IOException if one ends or fails, or if they take longer than {@code limit}
   */
  List<JsonNode> replies(Duration limit) throws IOException {
    @Nullable JsonNode[] replies = new JsonNode[processes.size()];
    long deadline = System.nanoTime() + limit.toNanos();
    int missing = replies.length;
    while (missing > 0) {
      for (int rank = 0; rank < replies.length; rank++) {
        if (replies[rank] == null) {
          Optional<JsonNode> reply = processes.get(rank).poll(TURN);
          if (reply.isPresent()) {
            replies[rank] = reply.get();
            missing--;
          } else if (System.nanoTime() > deadline) {
            throw new IOException(
                "Cannot measure "
                    + processes.get(rank).name()
                    + ": no reply within "
                    + limit.toSeconds()
                    + " s");
          }
        }
      }
    }
    return Arrays.asList(replies);
  }

  /** Ends all; what they do is not waited for longer than a few seconds. */
  @Override
  public void close() {
    processes.forEach(LineProcess::finish);
    processes.forEach(LineProcess::close);
  }
}
