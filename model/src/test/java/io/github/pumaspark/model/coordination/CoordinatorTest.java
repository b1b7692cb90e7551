package io.github.pumaspark.model.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.collective.Channel;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.Link;
import io.github.pumaspark.model.collective.LinkServer;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.PeerLostException;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.RunKey;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CoordinatorTest {
  private static final String HOST = "127.0.0.1";
  private static final int RANKS = 3;
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Heartbeat PATIENT =
      new Heartbeat(Duration.ofMillis(100), Duration.ofMinutes(1));
  private static final Heartbeat HASTY =
      new Heartbeat(Duration.ofMillis(50), Duration.ofSeconds(1));

  private final RunIdentity run = new RunIdentity("run", 2, RANKS, RunKey.random(), false);
  private final RecordingListener listener = new RecordingListener();
  private final List<CoordinatorClient> clients = new ArrayList<>();
  private final List<Collective> collectives = new ArrayList<>();
  private Coordinator coordinator = start(PATIENT);

  /** Keeps what it hears; a commit may be told to fail or to wait. */
  private static final class RecordingListener implements CoordinatorListener {
    private final List<Object> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch mayCommit = new CountDownLatch(1);
    private volatile String commitFailure = "";
    private volatile boolean commitWaits;

    @Override
    public void event(int rank, TrainEvent event) {
      heard.add(rank + ": " + event);
    }

    @Override
    public void stepCompleted(int rank, StepReport report) {
      heard.add(report);
      if (report.step() < 0) {
        throw new IllegalStateException("no such step");
      }
    }

    @Override
    public void commit(long step, List<CheckpointPart> parts) throws IOException {
      heard.add(parts);
      if (commitWaits) {
        try {
          mayCommit.await();
        } catch (InterruptedException e) {
          throw new IOException(e);
        }
      }
      if (!commitFailure.isEmpty()) {
        throw new IOException(commitFailure);
      }
      heard.add("committed " + step);
    }
  }

  private interface Body {
    Object run(int rank) throws Exception;
  }

  private Coordinator start(Heartbeat heartbeat) {
    return Coordinator.start(run, new PeerAddress(HOST, 0), heartbeat, LONG, listener);
  }

  private void restart(Heartbeat heartbeat) {
    coordinator.close();
    coordinator = start(heartbeat);
  }

  private CoordinatorClient connect(int rank, Heartbeat heartbeat) {
    CoordinatorClient client =
        CoordinatorClient.connect(run, rank, place(rank), coordinator.address(), heartbeat);
    clients.add(client);
    return client;
  }

  private static RankPlace place(int rank) {
    return new RankPlace("host", "executor-" + rank, 100 + rank, "");
  }

  private void joinAll(Heartbeat heartbeat) throws Exception {
    IntStream.range(0, RANKS).forEach(rank -> connect(rank, heartbeat));
    for (FutureTask<Object> task :
        start(RANKS, rank -> clients.get(rank).join(HOST, LONG, CollectiveConfig.standard()))) {
      collectives.add((Collective) task.get(60, TimeUnit.SECONDS));
    }
    coordinator.awaitJoined(Duration.ofSeconds(20));
  }

  private static List<FutureTask<Object>> start(int count, Body body) {
    return IntStream.range(0, count)
        .mapToObj(
            rank -> {
              FutureTask<Object> task = new FutureTask<>(() -> body.run(rank));
              Thread thread = new Thread(task, "test-rank-" + rank);
              thread.setDaemon(true);
              thread.start();
              return task;
            })
        .toList();
  }

  private static Throwable failure(FutureTask<?> task) throws Exception {
    try {
      throw new AssertionError("no failure but " + task.get(60, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  private static CheckpointPart part(int rank, long step) {
    return new CheckpointPart(rank, step, Map.of("pool-" + rank, "ab"), "{\"rows\":" + rank + "}");
  }

  /** Reports a part and waits for the checkpoint. */
  private void commit(int rank, CheckpointPart part) {
    clients.get(rank).reportCheckpoint(part);
    clients.get(rank).awaitCommitted(part.step());
  }

  private static StepReport report(long step, double loss) {
    return new StepReport(
        step, loss, 0.5, 1.5, 1e-4, 128, 4608, 0.5, Map.of("forward", 0.25), List.of(7L));
  }

  @AfterEach
  void closeAll() {
    collectives.forEach(Collective::close);
    clients.forEach(CoordinatorClient::close);
    coordinator.close();
  }

  @Test
  void ranksThatJoinCanExchangeAndFinishInAnyOrder() throws Exception {
    joinAll(PATIENT);

    for (FutureTask<Object> task :
        start(
            RANKS,
            rank -> {
              List<byte[]> records = collectives.get(rank).gatherRecords(new byte[] {(byte) rank});
              collectives.get(rank).close();
              clients.get(rank).finished();
              clients.get(rank).close();
              return records.stream().map(record -> (int) record[0]).toList();
            })) {
      assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo(List.of(0, 1, 2));
    }
    assertThat(coordinator.firstCause()).isEmpty();
  }

  @Test
  void missingRanksAreReportedWithHaveAndNeedAndTheOthersAreReleased() throws Exception {
    connect(1, PATIENT);
    List<FutureTask<Object>> joining =
        start(1, rank -> clients.get(0).join(HOST, LONG, CollectiveConfig.standard()));

    assertThatThrownBy(() -> coordinator.awaitJoined(Duration.ofMillis(1500)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage("Cannot start run 'run': have 1 ranks, need 3; missing after 1.5 s: [0, 2]");
    assertThat(failure(joining.get(0)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessageStartingWith("Cannot start run 'run': have 1 ranks, need 3");
  }

  @Test
  void aStopRequestReachesAllRanks() throws Exception {
    joinAll(PATIENT);
    assertThat(clients).noneMatch(CoordinatorClient::stopRequested);

    coordinator.requestStop();

    await().until(() -> clients.stream().allMatch(CoordinatorClient::stopRequested));
  }

  @Test
  void aStopRequestedBeforeTheRanksJoinReachesThemToo() throws Exception {
    coordinator.requestStop();

    joinAll(PATIENT);

    await().until(() -> clients.stream().allMatch(CoordinatorClient::stopRequested));
  }

  @Test
  void anAbortReachesRanksBlockedAnywhereWithTheFirstCause() throws Exception {
    joinAll(PATIENT);
    List<FutureTask<Object>> blocked =
        start(
            RANKS,
            rank -> {
              if (rank == 0) {
                commit(0, part(0, 10));
              }
              return collectives.get(rank).gatherRecords(new byte[0]);
            });

    coordinator.abort("Executor 4 was lost:\n  out of memory");
    coordinator.abort("a later cause");

    String cause = "Executor 4 was lost: | out of memory";
    assertThat(failure(blocked.get(0))).isInstanceOf(RunAbortedException.class).hasMessage(cause);
    assertThat(failure(blocked.get(1))).isInstanceOf(PeerLostException.class).hasMessage(cause);
    assertThat(failure(blocked.get(2))).isInstanceOf(PeerLostException.class).hasMessage(cause);
    assertThatThrownBy(() -> commit(1, part(1, 10)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage(cause);
    assertThatThrownBy(() -> clients.get(1).reportStep(report(1, 2)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage(cause);
    assertThat(coordinator.firstCause()).contains(cause);
  }

  @Test
  void aRankThatFailsIsTheFirstCauseOnAllRanks() throws Exception {
    joinAll(PATIENT);
    List<FutureTask<Object>> blocked =
        start(2, rank -> collectives.get(rank).gatherRecords(new byte[0]));

    clients.get(2).fail(new IllegalStateException("Loss is not finite at step 12"));

    String cause = "Rank 2 failed: IllegalStateException: Loss is not finite at step 12";
    assertThat(failure(blocked.get(0))).hasMessage(cause);
    assertThat(failure(blocked.get(1))).hasMessage(cause);
    assertThat(coordinator.firstCause()).contains(cause);
  }

  @Test
  void theOwnWordOfAFailedRankBeatsWhatItsPeersSayOfIt() throws Exception {
    restart(new Heartbeat(Duration.ofSeconds(30), LONG));
    joinAll(PATIENT);
    List<FutureTask<Object>> telling =
        start(
            1,
            ignored -> {
              clients.get(0).fail(new PeerLostException("Lost rank 2 (there:1): it closed"));
              return "told";
            });

    clients.get(2).fail(Failure.Kind.RANK, 0, "disk full");

    assertThat(telling.get(0).get(60, TimeUnit.SECONDS)).isEqualTo("told");
    assertThat(coordinator.firstCause()).contains("Rank 2 failed: disk full");
  }

  @Test
  void theLossThatPeersReportIsTheCauseIfTheLostRankSaysNothing() throws Exception {
    joinAll(PATIENT);

    clients.get(0).fail(new PeerLostException("Lost rank 2 (there:1): silent for 3 ms"));

    assertThat(coordinator.firstCause()).contains("Lost rank 2 (there:1): silent for 3 ms");
  }

  @Test
  void aRankWhoseConnectionBreaksEndsTheRunAtOnce() throws Exception {
    joinAll(PATIENT);
    List<FutureTask<Object>> blocked =
        start(2, rank -> collectives.get(rank).gatherRecords(new byte[0]));

    clients.get(2).close();

    for (FutureTask<Object> task : blocked) {
      assertThat(failure(task))
          .hasMessageStartingWith("Lost rank 2 (127.0.0.1:")
          .hasMessageEndingWith(": connection closed by peer");
    }
    assertThat(coordinator.firstFailure().orElseThrow())
        .extracting(Failure::kind, Failure::rank)
        .containsExactly(Failure.Kind.LOST, 2);
  }

  @Test
  void aRankThatFreezesIsLostAfterItsHeartbeatsStop() throws Exception {
    restart(HASTY);
    IntStream.range(0, 2).forEach(rank -> connect(rank, HASTY));
    List<FutureTask<Object>> joining =
        start(2, rank -> clients.get(rank).join(HOST, LONG, CollectiveConfig.standard()));

    try (Link frozen =
        Link.dial(coordinator.address(), run, Channel.CONTROL, 2, LinkServer.DRIVER)) {
      assertThat(failure(joining.get(0)))
          .isInstanceOf(RunAbortedException.class)
          .hasMessageMatching("Lost rank 2 \\(127.0.0.1:\\d+\\): no heartbeat for 1000 ms");
      assertThat(failure(joining.get(1))).isInstanceOf(RunAbortedException.class);
      assertThat(coordinator.firstFailure().orElseThrow())
          .extracting(Failure::kind, Failure::rank)
          .containsExactly(Failure.Kind.DEAD, 2);
      assertThat(frozen.peerRank()).isEqualTo(LinkServer.DRIVER);
    }
  }

  @Test
  void aRankThatIsAliveButMakesNoProgressIsEndedAndNamedWithItsPhase() throws Exception {
    coordinator.close();
    coordinator =
        Coordinator.start(run, new PeerAddress(HOST, 0), HASTY, Duration.ofSeconds(2), listener);
    joinAll(HASTY);

    clients.get(1).progressed(7, "backward");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              clients.get(0).progressed(7, "communication");
              clients.get(2).progressed(7, "communication");
              return coordinator.firstFailure().isPresent();
            });

    Failure failure = coordinator.firstFailure().orElseThrow();
    assertThat(failure.kind()).isEqualTo(Failure.Kind.HUNG);
    assertThat(failure.message())
        .matches("Rank 1 hangs in phase 'backward' of step 7: alive, but no progress for [2-9] s");
    await().until(() -> clients.stream().allMatch(CoordinatorTest::isAborted));
  }

  @Test
  void twoRanksInOneProcessAreNamedAtOnce() {
    RankPlace place = new RankPlace("host-a", "5", 321, "");
    CoordinatorClient one =
        CoordinatorClient.connect(run, 0, place, coordinator.address(), PATIENT);
    CoordinatorClient two =
        CoordinatorClient.connect(run, 2, place, coordinator.address(), PATIENT);
    clients.addAll(List.of(one, two));
    List<FutureTask<Object>> joining =
        start(2, at -> clients.get(at).join(HOST, LONG, CollectiveConfig.standard()));

    assertThatThrownBy(() -> coordinator.awaitJoined(Duration.ofSeconds(20)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessageStartingWith(
            "Ranks 0 and 2 both run in process 321 (executor 5) of host 'host-a'; ");
    assertThat(coordinator.firstFailure().orElseThrow().kind()).isEqualTo(Failure.Kind.USER);
    assertThat(joining).hasSize(2);
  }

  @Test
  void twoRanksOnOneGpuAreNamedAtOnceButNotOnTwoHosts() throws Exception {
    List<RankPlace> places =
        List.of(
            new RankPlace("host-a", "1", 11, "0"),
            new RankPlace("host-b", "2", 12, "0"),
            new RankPlace("host-b", "3", 13, "0"));
    for (int rank = 0; rank < RANKS; rank++) {
      clients.add(
          CoordinatorClient.connect(run, rank, places.get(rank), coordinator.address(), PATIENT));
    }
    List<FutureTask<Object>> joining =
        start(RANKS, rank -> clients.get(rank).join(HOST, LONG, CollectiveConfig.standard()));

    String cause =
        "Ranks 1 and 2 are both on GPU 0 of host 'host-b'; give each executor its own: set"
            + " spark.executor.resource.gpu.amount and spark.task.resource.gpu.amount to 1";
    assertThat(failure(joining.get(0))).hasMessage(cause);
    assertThat(coordinator.firstCause()).contains(cause);
  }

  @Test
  void whatARankSaysIsToBeDoneReachesTheDriver() throws Exception {
    joinAll(PATIENT);

    clients.get(1).fail(Failure.Kind.ROLLBACK, 12, "loss 9.5 is a spike");

    assertThat(coordinator.firstFailure())
        .contains(new Failure(Failure.Kind.ROLLBACK, 1, 12, "loss 9.5 is a spike"));
    assertThat(coordinator.places().get(2)).isEqualTo(place(2));
  }

  @Test
  void eventsAndReportsNameTheirRank() throws Exception {
    joinAll(PATIENT);
    TrainEvent event = new TrainEvent(3, "skip", "loss is NaN", List.of(4L, 9L));

    clients.get(2).reportEvent(event);

    await().until(() -> listener.heard.contains("2: " + event));
  }

  @Test
  void heartbeatsKeepASlowRankAlive() throws Exception {
    restart(HASTY);
    joinAll(HASTY);
    listener.commitWaits = true;
    List<FutureTask<Object>> waiting =
        start(
            RANKS,
            rank -> {
              commit(rank, part(rank, 5));
              return "done";
            });

    await()
        .during(Duration.ofMillis(2500))
        .atMost(Duration.ofSeconds(20))
        .until(() -> coordinator.firstCause().isEmpty());
    listener.mayCommit.countDown();

    for (FutureTask<Object> task : waiting) {
      assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo("done");
    }
  }

  @Test
  void aDriverThatFreezesIsLostToItsRanks() throws Exception {
    try (LinkServer frozen =
        LinkServer.start(
            new PeerAddress(HOST, 0), run, LinkServer.DRIVER, Set.of(Channel.CONTROL), x -> {})) {
      CoordinatorClient client =
          CoordinatorClient.connect(run, 0, place(0), frozen.address(), HASTY);
      clients.add(client);

      assertThatThrownBy(() -> client.join(HOST, LONG, CollectiveConfig.standard()))
          .isInstanceOf(RunAbortedException.class)
          .hasMessage("Lost the driver (" + frozen.address() + "): no heartbeat for 1000 ms");
    }
  }

  @Test
  void aDriverThatClosesReleasesItsRanks() throws Exception {
    joinAll(PATIENT);
    List<FutureTask<Object>> blocked =
        start(2, rank -> collectives.get(rank).gatherRecords(new byte[0]));

    coordinator.close();

    assertThat(failure(blocked.get(0))).hasMessage("The driver closed run 'run'");
    assertThat(failure(blocked.get(1))).hasMessage("The driver closed run 'run'");
  }

  @Test
  void aCheckpointIsCommittedOnceWithAllPartsInRankOrder() throws Exception {
    joinAll(PATIENT);

    for (long step : new long[] {10, 20}) {
      List<FutureTask<Object>> committing = new ArrayList<>();
      for (int rank : new int[] {2, 0, 1}) {
        committing.addAll(
            start(
                1,
                ignored -> {
                  commit(rank, part(rank, step));
                  return listener.heard.contains("committed " + step);
                }));
      }
      for (FutureTask<Object> task : committing) {
        assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo(true);
      }
    }

    assertThat(listener.heard)
        .containsExactly(
            List.of(part(0, 10), part(1, 10), part(2, 10)),
            "committed 10",
            List.of(part(0, 20), part(1, 20), part(2, 20)),
            "committed 20");
  }

  @Test
  void aCommitThatFailsFailsAllRanksWithItsMessage() throws Exception {
    joinAll(PATIENT);
    listener.commitFailure = "No space left on device";

    List<FutureTask<Object>> committing =
        start(
            RANKS,
            rank -> {
              commit(rank, part(rank, 10));
              return "committed";
            });

    for (FutureTask<Object> task : committing) {
      assertThat(failure(task))
          .isInstanceOf(RunAbortedException.class)
          .hasMessage("Cannot commit checkpoint at step 10: No space left on device");
    }
    assertThat(listener.heard).hasSize(1);
  }

  @Test
  void ranksThatReportDifferentStepsEndTheRunInsteadOfWaiting() throws Exception {
    joinAll(PATIENT);

    List<FutureTask<Object>> committing =
        start(
            2,
            rank -> {
              commit(rank, part(rank, 10 + rank));
              return "committed";
            });

    assertThat(failure(committing.get(0)))
        .hasMessageStartingWith("Cannot commit checkpoint: rank ");
    assertThat(failure(committing.get(1)))
        .hasMessageStartingWith("Cannot commit checkpoint: rank ");
    assertThat(listener.heard).isEmpty();
  }

  @Test
  void aRankThatFinishesWithoutTheCheckpointDoesNotLeaveTheOthersWaiting() throws Exception {
    joinAll(PATIENT);
    clients.get(1).finished();

    assertThatThrownBy(() -> commit(0, part(0, 10)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage("Cannot commit checkpoint at step 10: ranks [1] have finished without it");
  }

  @Test
  void aPartInAnotherRanksNameIsRefused() throws Exception {
    joinAll(PATIENT);

    assertThatThrownBy(() -> commit(0, part(1, 10)))
        .isInstanceOf(RunAbortedException.class)
        .hasMessageStartingWith("Lost rank 0 (")
        .hasMessageEndingWith("Invalid checkpoint part: of rank 1");
  }

  @Test
  void stepReportsArriveInOrderAndBeforeTheCommitThatFollows() throws Exception {
    joinAll(PATIENT);

    clients.get(0).reportStep(report(1, 1.5));
    clients.get(0).reportStep(report(2, Double.NaN));
    for (FutureTask<Object> task :
        start(
            RANKS,
            rank -> {
              commit(rank, part(rank, 2));
              return "done";
            })) {
      task.get(60, TimeUnit.SECONDS);
    }

    assertThat(listener.heard)
        .startsWith(report(1, 1.5), report(2, Double.NaN))
        .endsWith("committed 2");
  }

  @Test
  void aListenerThatFailsEndsTheRun() throws Exception {
    joinAll(PATIENT);

    clients.get(0).reportStep(report(-1, 0));

    await().until(() -> coordinator.firstCause().isPresent());
    assertThat(coordinator.firstCause()).contains("Cannot record step -1: no such step");
  }

  @Test
  void closingWaitsForACommitThatHasBegun() throws Exception {
    joinAll(PATIENT);
    listener.commitWaits = true;
    List<FutureTask<Object>> committing =
        start(
            RANKS,
            rank -> {
              commit(rank, part(rank, 10));
              return "committed";
            });
    await().until(() -> listener.heard.size() == 1);
    FutureTask<Object> closing =
        start(
                1,
                ignored -> {
                  coordinator.close();
                  return List.copyOf(listener.heard);
                })
            .get(0);

    listener.mayCommit.countDown();

    assertThat(closing.get(60, TimeUnit.SECONDS))
        .isEqualTo(List.of(List.of(part(0, 10), part(1, 10), part(2, 10)), "committed 10"));
    for (FutureTask<Object> task : committing) {
      assertThat(task.get(60, TimeUnit.SECONDS)).isEqualTo("committed");
    }
  }

  @Test
  void aSecondProcessWithTheSameRankIsRefusedAndTheFirstGoesOn() throws Exception {
    joinAll(PATIENT);
    CoordinatorClient second = connect(1, PATIENT);

    assertThatThrownBy(() -> second.join(HOST, LONG, CollectiveConfig.standard()))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage("Cannot join: rank 1 has already connected");
    assertThat(coordinator.firstCause()).isEmpty();
  }

  @Test
  void aRankThatComesAfterTheEndLearnsTheFirstCause() {
    coordinator.abort("Rank 0 failed: disk full");
    CoordinatorClient late = connect(1, PATIENT);

    assertThatThrownBy(() -> late.join(HOST, LONG, CollectiveConfig.standard()))
        .isInstanceOf(RunAbortedException.class)
        .hasMessage("Rank 0 failed: disk full");
  }

  @Test
  void anotherKeyOrGenerationCannotConnectAndDisturbsNobody() throws Exception {
    RunIdentity wrongKey = new RunIdentity("run", 2, RANKS, RunKey.random(), false);
    RunIdentity zombie = new RunIdentity("run", 1, RANKS, run.key(), false);

    for (RunIdentity identity : List.of(wrongKey, zombie)) {
      assertThatThrownBy(
              () ->
                  CoordinatorClient.connect(identity, 0, place(0), coordinator.address(), PATIENT))
          .isInstanceOf(RunAbortedException.class)
          .hasMessageStartingWith(
              "Cannot connect rank 0 to the driver (" + coordinator.address() + "): ");
    }
    joinAll(PATIENT);
    assertThat(coordinator.firstCause()).isEmpty();
  }

  @Test
  void anOversizedFrameFromARankEndsTheRunUnread() throws Exception {
    try (Link raw = Link.dial(coordinator.address(), run, Channel.CONTROL, 2, LinkServer.DRIVER)) {
      try {
        raw.send(ControlType.JOIN.code(), new byte[ControlMessage.MAX_BYTES + 1]);
      } catch (IOException refusedBeforeAllWasSent) {
        assertThat(refusedBeforeAllWasSent).hasMessageMatching(".*(pipe|reset|closed).*");
      }

      await().until(() -> coordinator.firstCause().isPresent());
      assertThat(coordinator.firstCause().orElseThrow())
          .startsWith("Lost rank 2 (")
          .endsWith("Invalid frame length: 1048577 bytes (at most 1048576)");
    }
  }

  @Test
  void aFrameThatIsNoJsonOrOfNoKnownTypeEndsTheRun() throws Exception {
    for (int type : new int[] {ControlType.JOIN.code(), 99, ControlType.RANKS.code()}) {
      restart(PATIENT);
      try (Link raw =
          Link.dial(coordinator.address(), run, Channel.CONTROL, 2, LinkServer.DRIVER)) {
        raw.send(type, new byte[] {'{', '"', 0, (byte) 200});

        await().until(() -> coordinator.firstCause().isPresent());
        assertThat(coordinator.firstCause().orElseThrow())
            .startsWith("Lost rank 2 (")
            .contains("Invalid control frame")
            .doesNotContain("\n");
      }
    }
  }

  @Test
  void twoRunsInOneProcessDoNotDisturbEachOther() throws Exception {
    RunIdentity other = new RunIdentity("other", 2, RANKS, RunKey.random(), false);
    try (Coordinator second =
        Coordinator.start(other, new PeerAddress(HOST, 0), PATIENT, LONG, listener)) {
      second.abort("not your business");
      joinAll(PATIENT);

      for (FutureTask<Object> task :
          start(RANKS, rank -> collectives.get(rank).gatherRecords(new byte[0]))) {
        assertThat((List<?>) task.get(60, TimeUnit.SECONDS)).hasSize(RANKS);
      }
      assertThat(coordinator.firstCause()).isEmpty();
    }
  }

  @Test
  void aPortInUseIsOneLineForTheUser() {
    assertThatThrownBy(() -> Coordinator.start(run, coordinator.address(), PATIENT, LONG, listener))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("Cannot listen on '" + coordinator.address() + "': ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void noThreadIsLeftWhenAllHaveClosed() throws Exception {
    joinAll(PATIENT);
    assertThat(threads()).isNotEmpty().allMatch(Thread::isDaemon);

    closeAll();

    await().atMost(Duration.ofSeconds(20)).until(() -> threads().isEmpty());
  }

  private static boolean isAborted(CoordinatorClient client) {
    try {
      client.progressed(1, "step");
      client.reportEvent(new TrainEvent(1, "skip", "", List.of()));
      return false;
    } catch (RunAbortedException e) {
      return true;
    }
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("puma-"))
        .filter(thread -> !thread.getName().startsWith("puma-handshake"))
        .toList();
  }
}
