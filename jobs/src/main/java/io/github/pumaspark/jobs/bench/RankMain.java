package io.github.pumaspark.jobs.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Main class of a rank's process: the first line of input says what it is to be, every further line
 * is a request, and every line gets one line in reply. The end of the input ends the process, in
 * the middle of whatever it does.
 */
public final class RankMain {
  private static final Logger LOG = LoggerFactory.getLogger(RankMain.class);
  private static final JsonMapper JSON = new JsonMapper();

  private RankMain() {}

  /** What a rank can do; used by one thread. */
  interface Job extends AutoCloseable {
    /** Does what a request says; fields of the reply. */
    Map<String, ?> handle(JsonNode request) throws Exception;

    @Override
    void close();
  }

  /** Runs until the end of the input or the first failure, which is the last reply then. */
  public static void main(String[] args) {
    PrintStream replies =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    // Libraries that print to standard output must not get between the replies.
    System.setOut(System.err);
    int code = 0;
    try {
      run(requests(), replies);
    } catch (Exception e) {
      LOG.error("Failed", e);
      reply(replies, Map.of("failed", String.valueOf(e.getMessage())));
      code = 1;
    }
    // Ending in order would free libtorch under the feet of its threads.
    Runtime.getRuntime().halt(code);
  }

  private static void run(BlockingQueue<Optional<String>> requests, PrintStream replies)
      throws Exception {
    Optional<String> settings = requests.take();
    if (settings.isEmpty()) {
      return;
    }
    try (Job job = job(JSON.readTree(settings.get()))) {
      reply(replies, Map.of("running", true));
      while (true) {
        Optional<String> request = requests.take();
        if (request.isEmpty()) {
          return;
        }
        reply(replies, job.handle(JSON.readTree(request.get())));
      }
    }
  }

  private static Job job(JsonNode settings) throws IOException {
    String kind = settings.path("job").asText();
    return switch (kind) {
      case "exchange" -> new ExchangeRank(settings);
      case "train" -> new TrainRank(settings);
      default -> throw new IllegalArgumentException("Unknown job: '" + kind + "'");
    };
  }

  private static BlockingQueue<Optional<String>> requests() {
    BlockingQueue<Optional<String>> lines = new LinkedBlockingQueue<>();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                  lines.add(Optional.of(line));
                }
              } catch (IOException e) {
                LOG.warn("Cannot read requests", e);
              }
              leave(lines);
            },
            "requests");
    reader.setDaemon(true);
    reader.start();
    return lines;
  }

  /** Leaves time to end in order, but not for ever: an exchange may never end. */
  private static void leave(BlockingQueue<Optional<String>> lines) {
    lines.add(Optional.empty());
    try {
      Thread.sleep(2000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(1);
  }

  private static void reply(PrintStream replies, Map<String, ?> fields) {
    try {
      replies.println(JSON.writeValueAsString(fields));
    } catch (IOException e) {
      throw new IllegalStateException("replies are always JSON", e);
    }
  }
}
