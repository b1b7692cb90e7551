package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.pumaspark.data.lang.ConfigException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A PyTorch program in a process of its own that computes only when asked: a line of JSON in, a
 * line of JSON out.
 *
 * <p>Not thread-safe. Closing it ends the process and removes its files; if this process dies, the
 * program ends by itself at the end of its input.
 */
final class TorchPeer implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PROGRAM = "peer_step.py";

  private final Path folder;
  private final Process process;
  private final Writer requests;
  private final BufferedReader replies;

  private TorchPeer(Path folder, Process process) {
    this.folder = folder;
    this.process = process;
    this.requests = process.outputWriter(StandardCharsets.UTF_8);
    this.replies = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Makes sure that an interpreter has PyTorch.
   *
   * @param python path or name of the interpreter
   * @throws ConfigException with the one command that makes an environment
   */
  static void check(String python) throws IOException, InterruptedException {
    boolean works;
    try {
      Process probe =
          new ProcessBuilder(python, "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      works = probe.waitFor() == 0;
    } catch (IOException e) {
      works = false;
    }
    if (!works) {
      throw new ConfigException(
          "Cannot run the PyTorch peer: '"
              + python
              + "' has no torch. Set it up with 'python3 -m venv DIR && DIR/bin/pip install -r"
              + " model/src/test/python/requirements.txt', then set PUMA_PYTHON=DIR/bin/python.");
    }
  }

  /**
   * Starts the program; it loads and makes its network before the first reply.
   *
   * @param settings its first line of input
   * @param threads of its tensor library
   */
  static TorchPeer start(String python, Map<String, ?> settings, int threads) throws IOException {
    Path folder = Files.createTempDirectory("puma-peer");
    Path program = folder.resolve(PROGRAM);
    try (InputStream in = TorchPeer.class.getResourceAsStream(PROGRAM)) {
      if (in == null) {
        throw new IllegalStateException("'" + PROGRAM + "' is missing from the class path");
      }
      Files.copy(in, program);
    }
    ProcessBuilder builder =
        new ProcessBuilder(List.of(python, program.toString()))
            .redirectError(folder.resolve("errors").toFile());
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    TorchPeer peer = new TorchPeer(folder, builder.start());
    try {
      peer.send(settings);
    } catch (IOException e) {
      peer.close();
      throw e;
    }
    return peer;
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

  /** The next reply; the first comes without a request, when the network is made. */
  JsonNode reply() throws IOException {
    String line = replies.readLine();
    if (line == null) {
      throw ended();
    }
    return JSON.readTree(line);
  }

  @Override
  public void close() throws IOException {
    try {
      requests.close();
    } catch (IOException e) {
      // It had ended before; what it left unread is of no use.
      process.destroy();
    }
    boolean isInterrupted = false;
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      isInterrupted = true;
    }
    replies.close();
    Files.deleteIfExists(folder.resolve("errors"));
    Files.deleteIfExists(folder.resolve(PROGRAM));
    Files.deleteIfExists(folder);
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(Map<String, ?> fields) throws IOException {
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

  private IOException ended() throws IOException {
    String exit = "no exit code";
    try {
      if (process.waitFor(10, TimeUnit.SECONDS)) {
        exit = "exit code " + process.exitValue();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<String> errors =
        Files.readString(folder.resolve("errors")).lines().filter(line -> !line.isBlank()).toList();
    return new IOException(
        "Cannot measure the PyTorch peer: it ended with "
            + exit
            + (errors.isEmpty() ? "" : ": " + errors.get(errors.size() - 1).strip()));
  }
}
