package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process of ours that works only when asked: a line of JSON in, a line of JSON out.
 *
 * <p>Used by one thread. Closing it, or the end of this process by a signal, ends the process and
 * removes its folder; if this process is killed, the other ends by itself at the end of its input.
 */
final class LineProcess implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final Duration GRACE = Duration.ofSeconds(3);

  private final String name;
  private final Path errors;
  private final Process process;
  private final Writer requests;
  private final BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
  private final Undo undo;

  private LineProcess(String name, Path folder, Path errors, Process process) {
    this.name = name;
    this.errors = errors;
    this.process = process;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.undo = new Undo(() -> end(folder));
    Thread reader = new Thread(this::read, "replies of " + name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts a program.
   *
   * @param name of what it is, for messages
   * @param folder of its own, removed with it
   * @param settings its first line of input
   */
  static LineProcess start(
      String name, Path folder, ProcessBuilder builder, Map<String, ?> settings)
      throws IOException {
    Path errors = folder.resolve("errors");
    Process process;
    try {
      process = builder.redirectError(errors.toFile()).start();
    } catch (IOException e) {
      delete(folder);
      throw e;
    }
    LineProcess started = new LineProcess(name, folder, errors, process);
    try {
      started.send(settings);
    } catch (IOException e) {
      started.close();
      throw e;
    }
    return started;
  }

  /** What it is. */
  String name() {
    return name;
  }

  /** Writes a line; the reply comes when it comes. */
  void send(Map<String, ?> fields) throws IOException {
    try {
      requests.write(JSON.writeValueAsString(fields));
      requests.write('\n');
      requests.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("requests are always JSON", e);
    } catch (IOException e) {
      throw ended();
    }
  }

  /**
   * Sends a line and waits for the reply to it.
   *
   * @throws IOException with the program's last error line if it ended
   */
  JsonNode ask(Map<String, ?> request) throws IOException {
    send(request);
    return reply();
  }

  /** The next reply; some programs give the first without a request, when they are ready. */
  JsonNode reply() throws IOException {
    return poll(PATIENCE)
        .orElseThrow(
            () ->
                new IOException(
                    "Cannot measure "
                        + name
                        + ": no reply within "
                        + PATIENCE.toMinutes()
                        + " minutes"));
  }

  /**
   * The next reply if it comes in time.
   *
   * @throws IOException if the program ended, or replies that it failed
   */
  Optional<JsonNode> poll(Duration limit) throws IOException {
    Optional<String> line;
    try {
      line = lines.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Stopped while waiting for " + name, e);
    }
    if (line == null) {
      return Optional.empty();
    }
    if (line.isEmpty()) {
      throw ended();
    }
    JsonNode reply = JSON.readTree(line.get());
    if (reply.has("failed")) {
      throw new IOException("Cannot measure " + name + ": " + reply.path("failed").asText());
    }
    return Optional.of(reply);
  }

  /** Tells the program that nothing more will be asked; it ends soon, or is ended by closing. */
  void finish() {
    try {
      requests.close();
    } catch (IOException e) {
      // It had ended before; what it left unread is of no use.
      process.destroy();
    }
  }

  @Override
  public void close() {
    undo.close();
  }

  private void read() {
    try (BufferedReader replies = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = replies.readLine(); line != null; line = replies.readLine()) {
        lines.add(Optional.of(line));
      }
    } catch (IOException e) {
      // As if it had ended: nothing more will come from it.
      process.destroyForcibly();
    }
    lines.add(Optional.empty());
  }

  private void end(Path folder) {
    finish();
    boolean isInterrupted = false;
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      isInterrupted = true;
    }
    delete(folder);
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Deletes what can be deleted of a folder. */
  static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException | UncheckedIOException e) {
      // Temporary files; the system removes them some day.
      return;
    }
  }

  private IOException ended() throws IOException {
    String exit = "no exit code";
    try {
      if (process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        exit = "exit code " + process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<String> words =
        Files.exists(errors)
            ? Files.readString(errors).lines().filter(line -> !line.isBlank()).toList()
            : List.of();
    return new IOException(
        "Cannot measure "
            + name
            + ": it ended with "
            + exit
            + (words.isEmpty() ? "" : ": " + words.get(words.size() - 1).strip()));
  }
}
