package io.github.pumaspark.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import io.github.pumaspark.jobs.spark.BarrierJob;
import io.github.pumaspark.jobs.spark.BarrierJobs;
import io.github.pumaspark.jobs.spark.SparkSessions;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import io.github.pumaspark.model.coordination.CheckpointPart;
import io.github.pumaspark.model.coordination.Coordinator;
import io.github.pumaspark.model.coordination.CoordinatorClient;
import io.github.pumaspark.model.coordination.CoordinatorListener;
import io.github.pumaspark.model.coordination.Failure;
import io.github.pumaspark.model.coordination.Heartbeat;
import io.github.pumaspark.model.coordination.RankPlace;
import io.github.pumaspark.model.coordination.RunAbortedException;
import io.github.pumaspark.model.coordination.StepReport;
import io.github.pumaspark.model.coordination.TrainEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An executor that freezes and wakes up when its generation is over. */
final class FencingTest {
  private static final Heartbeat HEARTBEAT =
      new Heartbeat(Duration.ofMillis(200), Duration.ofSeconds(2));

  @TempDir private Path temporary;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  @Test
  void aRankThatWakesUpLateIsRefusedCommitsNothingAndEnds() throws Exception {
    ClusterConfig cluster =
        EffectiveConfig.load(null, List.of("cluster.ranks=1", "cluster.executor-memory=512m"))
            .values()
            .cluster();
    RunIdentity old = new RunIdentity("run", 1, 1, RunKey.random(), true);
    Path words = temporary.resolve("words");
    String wordsPath = words.toString();
    long pid;
    try (SparkSession session = SparkSessions.open("test", cluster)) {
      BarrierJob job;
      int port;
      try (Coordinator first = start(old, 0)) {
        port = first.address().port();
        job =
            BarrierJobs.submit(
                session, 1, "test", (rank, worldSize, gpus) -> zombie(old, port, wordsPath));
        first.awaitJoined(Duration.ofSeconds(60));
        pid = first.places().get(0).pid();
        await().atMost(Duration.ofSeconds(60)).until(() -> heard.contains("commit 1"));
        signal("STOP", pid);
        await().atMost(Duration.ofSeconds(20)).until(() -> first.firstFailure().isPresent());
        assertThat(first.firstFailure().orElseThrow().kind()).isEqualTo(Failure.Kind.DEAD);
      }
      heard.clear();
      // The same key even, on the same port: the generation alone keeps it out.
      RunIdentity next = new RunIdentity("run", 2, 1, old.key(), true);
      try (Coordinator second = start(next, port)) {
        signal("CONT", pid);

        await().atMost(Duration.ofSeconds(60)).until(() -> Files.exists(words));
        await().atMost(Duration.ofSeconds(60)).until(job::isDone);
        assertThat(second.firstFailure()).isEmpty();
        assertThat(second.places()).isEmpty();
      }
      assertThat(Files.readString(words))
          .startsWith("ended: Lost rank 0 | refused: Cannot connect rank 0");
      assertThat(heard).isEmpty();
    }
  }

  /** Reports checkpoints until it cannot, tries to come back, and writes down what it met. */
  private static byte[] zombie(RunIdentity run, int port, String words) throws Exception {
    PeerAddress driver = new PeerAddress("127.0.0.1", port);
    RankPlace place = new RankPlace("here", "0", ProcessHandle.current().pid(), "");
    String ended = "";
    try (CoordinatorClient client = CoordinatorClient.connect(run, 0, place, driver, HEARTBEAT)) {
      client
          .join(
              "127.0.0.1",
              Duration.ofMinutes(1),
              io.github.pumaspark.model.collective.CollectiveConfig.standard())
          .close();
      for (long step = 1; ended.isEmpty(); step++) {
        try {
          client.reportCheckpoint(new CheckpointPart(0, step, Map.of(), "{}"));
          client.awaitCommitted(step);
        } catch (RunAbortedException e) {
          ended = String.valueOf(e.getMessage());
        }
      }
    }
    String refused = "";
    try {
      CoordinatorClient.connect(run, 0, place, driver, HEARTBEAT).close();
    } catch (RunAbortedException e) {
      refused = String.valueOf(e.getMessage());
    }
    Files.writeString(
        Path.of(words), "ended: " + ended.substring(0, 11) + " | refused: " + refused);
    return new byte[0];
  }

  private Coordinator start(RunIdentity run, int port) {
    return Coordinator.start(
        run,
        new PeerAddress("127.0.0.1", port),
        HEARTBEAT,
        Duration.ofMinutes(5),
        new CoordinatorListener() {
          @Override
          public void stepCompleted(int rank, StepReport report) {}

          @Override
          public void event(int rank, TrainEvent event) {}

          @Override
          public void commit(long step, List<CheckpointPart> parts) {
            heard.add("commit " + step);
          }
        });
  }

  private static void signal(String name, long pid) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
  }
}
