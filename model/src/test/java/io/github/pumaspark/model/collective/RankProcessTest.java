package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A process is killed or frozen in the middle of its work: the others stop, naming it. */
final class RankProcessTest {
  static final int LENGTH = 2_000_000;

  private static final int WORLD_SIZE = 3;
  private static final Duration PATIENT = Duration.ofMinutes(5);

  @TempDir private Path temporary;

  /** Ranks 0 and 1 at work until they fail; {@code rounds} counts what they have done. */
  private List<FutureTask<Object>> work(
      RunIdentity run,
      CollectiveConfig.Path path,
      RankProcess.Work work,
      Duration timeout,
      AtomicInteger rounds) {
    return Ranks.start(
        WORLD_SIZE - 1,
        rank -> {
          try (SocketCollective collective =
              RankProcess.connect(temporary, run, rank, path, timeout)) {
            FloatBuffer values = collective.allocate(LENGTH);
            try {
              while (true) {
                work.run(collective, values);
                rounds.incrementAndGet();
              }
            } catch (PeerLostException e) {
              // Nothing may be written to a buffer any more.
              float[] before = Ranks.array(values);
              assertThat(Ranks.array(values)).isEqualTo(before);
              throw e;
            }
          }
        });
  }

  private RunIdentity identity() {
    return RankProcess.identity("run " + UUID.randomUUID(), WORLD_SIZE);
  }

  @ParameterizedTest
  @CsvSource({
    "TCP, REDUCE_SCATTER",
    "TCP, ALL_GATHER",
    "TCP, RECORD",
    "SHM, REDUCE_SCATTER",
    "SHM, ALL_GATHER",
    "SHM, RECORD"
  })
  void aKilledProcessIsNamedLongBeforeTheTimeout(CollectiveConfig.Path path, RankProcess.Work work)
      throws Exception {
    RunIdentity run = identity();
    AtomicInteger rounds = new AtomicInteger();
    try (RankProcess last = RankProcess.start(temporary, run, path, work)) {
      List<FutureTask<Object>> tasks = work(run, path, work, PATIENT, rounds);
      await().atMost(Duration.ofSeconds(60)).until(() -> rounds.get() > 20);

      last.kill();

      for (FutureTask<Object> task : tasks) {
        assertThat(Ranks.failure(task))
            .isInstanceOf(PeerLostException.class)
            .hasMessageStartingWith("Lost rank 2 (127.0.0.1:");
      }
    }
    assertNoSharedFile();
  }

  @ParameterizedTest
  @EnumSource(
      value = CollectiveConfig.Path.class,
      names = {"TCP", "SHM"})
  void aFrozenProcessIsNamedAfterTheTimeout(CollectiveConfig.Path path) throws Exception {
    RunIdentity run = identity();
    AtomicInteger rounds = new AtomicInteger();
    RankProcess.Work work = RankProcess.Work.REDUCE_SCATTER;
    try (RankProcess last = RankProcess.start(temporary, run, path, work)) {
      List<FutureTask<Object>> tasks = work(run, path, work, Duration.ofSeconds(3), rounds);
      await().atMost(Duration.ofSeconds(60)).until(() -> rounds.get() > 5);

      last.freeze();

      for (FutureTask<Object> task : tasks) {
        assertThat(Ranks.failure(task))
            .isInstanceOf(PeerLostException.class)
            .hasMessageStartingWith("Lost rank 2 (127.0.0.1:")
            .hasMessageEndingWith(": silent for 3000 ms");
      }
    }
  }

  @Test
  void theNumberOfConnectionsIsMeasuredAndTheSameEverywhere() throws Exception {
    List<SocketCollective> world =
        Ranks.sockets(
            Ranks.run(3, false),
            PATIENT,
            rank ->
                Ranks.config(CollectiveConfig.Path.TCP, temporary, 0, CollectiveConfig.Wire.FP32));

    List<Integer> connections = new ArrayList<>();
    world.forEach(collective -> connections.add(collective.connections()));
    List<Float> sums =
        Ranks.run(
            3,
            rank -> {
              FloatBuffer values = world.get(rank).allocate(100);
              values.put(99, 2);
              Ranks.reduceScatter(world.get(rank), values);
              Ranks.allGather(world.get(rank), values);
              return values.get(99);
            });
    Ranks.closeAll(world);

    assertThat(connections).allMatch(connections.get(0)::equals);
    assertThat(LinkProbe.CANDIDATES).contains(connections.get(0));
    assertThat(sums).containsOnly(6f);
  }

  private void assertNoSharedFile() throws Exception {
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.startsWith("puma-"));
    }
  }
}
