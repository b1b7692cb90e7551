package io.github.pumaspark.jobs.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.jobs.config.ClusterConfig;
import io.github.pumaspark.jobs.config.EffectiveConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BarrierJobsTest {
  private static final ClusterConfig CLUSTER =
      EffectiveConfig.load(null, List.of("cluster.ranks=2", "cluster.executor-memory=512m"))
          .values()
          .cluster();

  @TempDir static Path directory;
  private static SparkSession session;

  @BeforeAll
  static void open() {
    session = SparkSessions.open("test", CLUSTER);
  }

  @AfterAll
  static void close() throws IOException {
    session.close();
  }

  @Test
  void ranksRunTogetherInProcessesOfTheirOwnAndAnswerInRankOrder() {
    Path meeting = directory.resolve("meeting");
    String meetingPath = meeting.toString();

    List<String> answers =
        texts(
            BarrierJobs.run(
                session,
                2,
                "test",
                (rank, worldSize, gpus) -> {
                  Files.createDirectories(Path.of(meetingPath));
                  Files.createFile(Path.of(meetingPath, "rank" + rank));
                  await()
                      .atMost(Duration.ofSeconds(60))
                      .until(() -> Path.of(meetingPath).toFile().list().length == worldSize);
                  return bytes(
                      rank
                          + " of "
                          + worldSize
                          + " "
                          + gpus
                          + " threads "
                          + System.getenv("OMP_NUM_THREADS")
                          + " process "
                          + ManagementFactory.getRuntimeMXBean().getPid());
                }));

    assertThat(answers).hasSize(2);
    assertThat(answers.get(0)).startsWith("0 of 2 [] threads 1 process ");
    assertThat(answers.get(1)).startsWith("1 of 2 [] threads 1 process ");
    assertThat(answers.stream().map(text -> text.substring(2)).distinct()).hasSize(2);
    assertThat(answers)
        .noneMatch(text -> text.endsWith(" " + ManagementFactory.getRuntimeMXBean().getPid()));
  }

  @Test
  void aFailedRankFailsTheJobWithItsOwnWords() {
    assertThatThrownBy(
            () ->
                BarrierJobs.run(
                    session,
                    2,
                    "test",
                    (rank, worldSize, gpus) -> {
                      if (rank == 1) {
                        throw new IOException("rank 1 found no data");
                      }
                      return new byte[0];
                    }))
        .isInstanceOf(BarrierFailedException.class)
        .hasMessage("A rank failed: java.io.IOException: rank 1 found no data");
  }

  @Test
  void cancellingInterruptsTheRanks() {
    Path started = directory.resolve("started");
    Path interrupted = directory.resolve("interrupted");
    String startedPath = started.toString();
    String interruptedPath = interrupted.toString();
    BarrierJob job =
        BarrierJobs.submit(
            session,
            2,
            "test",
            (rank, worldSize, gpus) -> {
              Files.createDirectories(Path.of(startedPath, "rank" + rank));
              try {
                new java.util.concurrent.CountDownLatch(1).await();
              } catch (InterruptedException e) {
                Files.createDirectories(Path.of(interruptedPath, "rank" + rank));
              }
              return new byte[0];
            });
    try {
      await().atMost(Duration.ofSeconds(60)).until(() -> hasEntries(started, 2));
      // Spark counts running tasks a moment after they have started.
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> SparkSessions.freeSlots(session.sparkContext()) == 0);
    } finally {
      // Ranks that wait for good would take the slots of all other tests.
      job.cancel("enough");
    }

    assertThatThrownBy(job::await).isInstanceOf(CancellationException.class);
    assertThat(job.isDone()).isTrue();
    await().atMost(Duration.ofSeconds(30)).until(() -> hasEntries(interrupted, 2));
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(SparkSessions.freeSlots(session.sparkContext())).isEqualTo(2));
  }

  @Test
  void moreRanksThanSlotsIsSaidWithBothNumbers() {
    ClusterConfig three =
        EffectiveConfig.load(null, List.of("cluster.ranks=3", "train.global-batch-size=3"))
            .values()
            .cluster();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> SparkSessions.freeSlots(session.sparkContext()) == 2);

    SparkSessions.requireSlots(session, CLUSTER);
    assertThatThrownBy(() -> SparkSessions.requireSlots(session, three))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Cannot start 3 ranks: need 3 free slots, have 2 on master");
  }

  private static boolean hasEntries(Path path, int count) {
    String[] entries = path.toFile().list();
    return entries != null && entries.length == count;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<String> texts(List<byte[]> results) {
    return results.stream().map(result -> new String(result, StandardCharsets.UTF_8)).toList();
  }
}
