package io.github.pumaspark.data.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of several that create the same file at once, exactly one is told that it did. */
final class ExclusiveCreateTest {
  private static final int CREATORS = 8;
  private static final int ROUNDS = 10;

  @TempDir private java.nio.file.Path folder;

  @Test
  void onHdfs() throws Exception {
    try (HdfsServer server = HdfsServer.start(folder)) {
      race(server.path("race"), new Configuration());
    }
  }

  @Test
  void onS3() throws Exception {
    try (S3Server server = S3Server.start(folder)) {
      race(server.path("race"), server.configure(new Configuration()));
    }
  }

  private static void race(Path directory, Configuration configuration) throws Exception {
    ExecutorService creators = Executors.newFixedThreadPool(CREATORS);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Path file = new Path(directory, "file-" + round);
        List<Callable<Boolean>> attempts = new ArrayList<>();
        for (int creator = 0; creator < CREATORS; creator++) {
          String text = "creator " + creator;
          attempts.add(() -> Storage.createExclusively(file, configuration, text));
        }
        List<Integer> winners = new ArrayList<>();
        List<Future<Boolean>> results = creators.invokeAll(attempts);
        for (int creator = 0; creator < CREATORS; creator++) {
          if (results.get(creator).get()) {
            winners.add(creator);
          }
        }
        assertThat(winners).as("winners of round %s", round).hasSize(1);
        assertThat(Storage.read(file, configuration, 100))
            .asString(StandardCharsets.UTF_8)
            .isEqualTo("creator " + winners.get(0));
      }
    } finally {
      creators.shutdownNow();
    }
  }
}
