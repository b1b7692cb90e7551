package io.github.pumaspark.model.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Failures of peers: everybody stops, soon, naming the same lost rank. */
final class SocketCollectiveTest {
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final int RAW = 3;

  private final RunIdentity run = new RunIdentity("run", 1, RAW + 1, RunKey.random(), false);
  private final List<Collective> opened = new ArrayList<>();

  @AfterEach
  void closeAll() {
    Ranks.closeAll(opened);
  }

  /** Ranks 0 to 2 as they should be, rank 3 in the test's hands. */
  private RawPeer connect(Duration timeout) throws Exception {
    List<Rendezvous> listening = Ranks.listen(run, RAW);
    List<PeerAddress> addresses =
        new ArrayList<>(listening.stream().map(Rendezvous::address).toList());
    RawPeer raw = new RawPeer(run, List.copyOf(addresses));
    addresses.add(new PeerAddress(Ranks.HOST, 1));
    opened.addAll(
        Ranks.run(
            RAW,
            rank ->
                listening
                    .get(rank)
                    .connect(addresses, Duration.ofSeconds(20), timeout, Ranks.tcp())));
    return raw;
  }

  private List<FutureTask<Object>> reduce(FloatBuffer values) {
    return Ranks.start(
        RAW,
        rank -> {
          Ranks.reduceScatter(opened.get(rank), values.duplicate());
          return "done";
        });
  }

  private static void assertAllLost(List<FutureTask<Object>> tasks, String... parts)
      throws Exception {
    for (FutureTask<Object> task : tasks) {
      assertThat(Ranks.failure(task))
          .isInstanceOf(PeerLostException.class)
          .hasMessageStartingWith("Lost rank 3 (127.0.0.1:1)")
          .hasMessageContainingAll(parts);
    }
  }

  @Test
  void aPeerThatDiesMidFrameIsNamedByAllOthersLongBeforeTheTimeout() throws Exception {
    RawPeer raw = connect(LONG);
    FloatBuffer values = Ranks.direct(new float[100_000]);

    List<FutureTask<Object>> tasks = reduce(values);
    raw.data(0).sendHeader(FrameType.REDUCE_SCATTER, new Parts(0, 100_000, 4).size(0) * 4L);
    raw.data(0).write(ByteBuffer.allocateDirect(1000));
    raw.close();

    assertAllLost(tasks, "connection closed by peer");
  }

  @Test
  void aPeerThatDiesBetweenExchangesFailsTheNextOne() throws Exception {
    RawPeer raw = connect(LONG);

    raw.close();

    assertAllLost(reduce(Ranks.direct(1, 2, 3)), "connection closed by peer");
  }

  @Test
  void aSilentPeerIsNamedAfterTheTimeout() throws Exception {
    try (RawPeer raw = connect(SHORT)) {
      assertThat(raw).isNotNull();
      assertAllLost(reduce(Ranks.direct(1, 2, 3)), "reduce-scatter 1: silent for 300 ms");
    }
  }

  @Test
  void aPeerThatDoesNotReadIsNamedAfterTheTimeout() throws Exception {
    int length = 8_000_000;
    try (RawPeer raw = connect(SHORT)) {
      List<FutureTask<Object>> tasks = reduce(Ranks.direct(new float[length]));
      for (int rank = 0; rank < RAW; rank++) {
        int bytes = new Parts(0, length, RAW + 1).size(rank) * Float.BYTES;
        raw.data(rank).sendHeader(FrameType.REDUCE_SCATTER, bytes);
        raw.data(rank).write(ByteBuffer.allocateDirect(bytes));
      }

      assertAllLost(tasks, "silent");
    }
  }

  @Test
  void aRankThatWaitsForTheSilentOneIsNotBlamed() throws Exception {
    try (RawPeer raw = connect(Duration.ofMillis(600))) {
      List<FutureTask<Object>> tasks =
          Ranks.start(
              RAW,
              rank -> {
                opened.get(rank).gatherRecords(new byte[0]);
                return opened.get(rank).gatherRecords(new byte[0]);
              });
      raw.record(1).send(FrameType.RECORD, new byte[0]);
      raw.record(2).send(FrameType.RECORD, new byte[0]);

      assertAllLost(tasks, "silent");
    }
  }

  @Test
  void aRankThatNeverEntersTheExchangeIsNamed() throws Exception {
    List<SocketCollective> world = Ranks.sockets(3, SHORT);
    opened.addAll(world);

    List<FutureTask<Object>> tasks = Ranks.start(2, rank -> world.get(rank).gatherRecords(bytes()));

    for (FutureTask<Object> task : tasks) {
      assertThat(Ranks.failure(task))
          .isInstanceOf(PeerLostException.class)
          .hasMessageStartingWith("Lost rank 2 (127.0.0.1:");
    }
  }

  @Test
  void closingUnblocksTheOwnExchangeAndThePeersNameTheRankThatLeft() throws Exception {
    List<SocketCollective> world = Ranks.sockets(3, LONG);
    opened.addAll(world);
    List<FutureTask<Object>> tasks = Ranks.start(2, rank -> world.get(rank).gatherRecords(bytes()));

    world.get(0).close();

    assertThat(Ranks.failure(tasks.get(0)))
        .isInstanceOf(PeerLostException.class)
        .hasMessage("Cannot exchange: the collective of rank 0 is closed");
    assertThat(Ranks.failure(tasks.get(1)))
        .isInstanceOf(PeerLostException.class)
        .hasMessageStartingWith("Lost rank 0 (")
        .hasMessageEndingWith(": it closed its collective");
  }

  @Test
  void anExchangeThatAPeerLeftBeforeFailsAtOnceThoughItsDataHasArrived() throws Exception {
    try (RawPeer raw = connect(LONG)) {
      raw.record(0).send(FrameType.RECORD, new byte[0]);
      raw.signal(0).send(FrameType.GOODBYE, new byte[Long.BYTES]);

      List<FutureTask<Object>> tasks = Ranks.start(1, rank -> opened.get(0).gatherRecords(bytes()));

      assertAllLost(tasks, "during record gather 1: it closed its collective");
    }
  }

  @Test
  void whoClosesAfterTheLastExchangeDisturbsNobody() throws Exception {
    for (int round = 0; round < 20; round++) {
      List<SocketCollective> world = Ranks.sockets(3, LONG);

      Ranks.run(
          3,
          rank -> {
            try (Collective collective = world.get(rank)) {
              FloatBuffer values = Ranks.direct(new float[50_000]);
              Ranks.reduceScatter(collective, values);
              Ranks.allGather(collective, values);
              return collective.gatherRecords(bytes());
            }
          });
    }
  }

  @Test
  void anAbortReachesBlockedPeersWithItsCauseAndStaysTheCause() throws Exception {
    List<SocketCollective> world = Ranks.sockets(3, LONG);
    opened.addAll(world);
    List<FutureTask<Object>> tasks = Ranks.start(2, rank -> world.get(rank).gatherRecords(bytes()));

    world.get(2).abort("Rank 2 failed: disk full");
    world.get(2).abort("later");

    assertThat(Ranks.failure(tasks.get(0))).hasMessage("Rank 2 failed: disk full");
    assertThat(Ranks.failure(tasks.get(1))).hasMessage("Rank 2 failed: disk full");
    assertThatThrownBy(() -> world.get(2).gatherRecords(bytes()))
        .isInstanceOf(PeerLostException.class)
        .hasMessage("Rank 2 failed: disk full");
  }

  @Test
  void framesThatAreNotExpectedEndTheExchange() throws Exception {
    try (RawPeer raw = connect(LONG)) {
      List<FutureTask<Object>> tasks = reduce(Ranks.direct(new float[256]));
      raw.data(1).sendHeader(FrameType.ALL_GATHER, 256);

      assertAllLost(tasks, "Invalid frame: type 2 with 256 bytes (expected type 1 with 256)");
    }
  }

  @Test
  void anOversizedRecordEndsTheExchangeUnread() throws Exception {
    try (RawPeer raw = connect(LONG)) {
      List<FutureTask<Object>> tasks =
          Ranks.start(RAW, rank -> opened.get(rank).gatherRecords(bytes()));
      raw.record(0).sendHeader(FrameType.RECORD, Long.MAX_VALUE);

      assertAllLost(tasks, "Invalid frame length: 9223372036854775807 bytes (at most 1048576)");
    }
  }

  @Test
  void garbageSignalsEndTheExchange() throws Exception {
    try (RawPeer raw = connect(LONG)) {
      List<FutureTask<Object>> tasks = reduce(Ranks.direct(1, 2));
      raw.signal(2).send(77, new byte[3]);

      assertAllLost(tasks, "Invalid signal type: 77");
    }
  }

  @Test
  void ranksThatCallDifferentExchangesFailInsteadOfMixingNumbers() throws Exception {
    List<SocketCollective> world = Ranks.sockets(2, LONG);
    opened.addAll(world);

    List<FutureTask<Object>> tasks =
        Ranks.start(
            2,
            rank -> {
              FloatBuffer values = Ranks.direct(new float[64 + 64 * rank]);
              Ranks.reduceScatter(world.get(rank), values);
              return "done";
            });

    for (FutureTask<Object> task : tasks) {
      assertThat(Ranks.failure(task))
          .isInstanceOf(PeerLostException.class)
          .hasMessageContaining("Invalid frame: type 1 with ");
    }
  }

  @Test
  void anInterruptWhileSendingEndsTheExchangeOnAllRanks() throws Exception {
    int length = 8_000_000;
    try (RawPeer raw = connect(LONG)) {
      List<Thread> threads = new CopyOnWriteArrayList<>();
      List<FutureTask<Object>> tasks =
          Ranks.start(
              RAW,
              rank -> {
                threads.add(Thread.currentThread());
                Ranks.reduceScatter(opened.get(rank), Ranks.direct(new float[length]));
                return "done";
              });
      int bytes = new Parts(0, length, RAW + 1).size(0) * Float.BYTES;
      raw.data(0).sendHeader(FrameType.REDUCE_SCATTER, bytes);
      raw.data(0).write(ByteBuffer.allocateDirect(bytes));
      await().until(() -> threads.size() == RAW);

      threads.stream().filter(t -> t.getName().equals("test-rank-0")).forEach(Thread::interrupt);

      for (FutureTask<Object> task : tasks) {
        assertThat(Ranks.failure(task))
            .isInstanceOf(PeerLostException.class)
            .hasMessage("Lost rank 0 during reduce-scatter 1: interrupted");
      }
    }
  }

  @Test
  void aCallersMistakeEndsTheExchangeOnAllRanks() throws Exception {
    List<SocketCollective> world = Ranks.sockets(2, LONG);
    opened.addAll(world);

    List<FutureTask<Object>> tasks =
        Ranks.start(
            2,
            rank -> {
              FloatBuffer values = Ranks.direct(new float[64]);
              Ranks.allGather(world.get(rank), rank == 0 ? values.asReadOnlyBuffer() : values);
              return world.get(rank).gatherRecords(bytes());
            });

    assertThat(Ranks.failure(tasks.get(0))).isInstanceOf(IllegalArgumentException.class);
    assertThat(Ranks.failure(tasks.get(1)))
        .isInstanceOf(PeerLostException.class)
        .hasMessageStartingWith("Lost rank 0 at the start of an exchange: ");
  }

  @Test
  void twoWorldsInOneProcessDoNotDisturbEachOther() throws Exception {
    List<SocketCollective> first = Ranks.sockets(3, LONG);
    List<SocketCollective> second = Ranks.sockets(3, LONG);
    opened.addAll(second);
    FutureTask<List<float[]>> sums =
        new FutureTask<>(
            () ->
                Ranks.run(
                    3,
                    rank -> {
                      FloatBuffer values = Ranks.direct(new float[1000]);
                      for (int round = 0; round < 100; round++) {
                        for (int i = 0; i < 1000; i++) {
                          values.put(i, rank + round);
                        }
                        Ranks.reduceScatter(second.get(rank), values);
                        Ranks.allGather(second.get(rank), values);
                      }
                      return Ranks.array(values);
                    }));
    Daemon.thread("test-second-world", sums).start();

    List<FutureTask<Object>> failing =
        Ranks.start(2, rank -> first.get(rank).gatherRecords(bytes()));
    first.get(2).close();
    assertThat(Ranks.failure(failing.get(0))).hasMessageStartingWith("Lost rank 2");
    assertThat(Ranks.failure(failing.get(1))).hasMessageStartingWith("Lost rank 2");

    float[] expected = new float[1000];
    Arrays.fill(expected, 99 + 100 + 101);
    assertThat(Ranks.get(sums)).allSatisfy(s -> assertThat(s).containsExactly(expected));
  }

  @Test
  void noThreadIsLeftWhenAllHaveClosed() throws Exception {
    List<SocketCollective> world = Ranks.sockets(2, LONG);
    Ranks.run(2, rank -> world.get(rank).gatherRecords(bytes()));

    assertThat(meshThreads()).isNotEmpty().allMatch(Thread::isDaemon);
    Ranks.closeAll(world);

    await().atMost(Duration.ofSeconds(20)).until(() -> meshThreads().isEmpty());
  }

  private static List<Thread> meshThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().matches("puma-(write|signal|accept|exchange)-.*"))
        .toList();
  }

  private static byte[] bytes() {
    return new byte[] {1, 2, 3};
  }
}
