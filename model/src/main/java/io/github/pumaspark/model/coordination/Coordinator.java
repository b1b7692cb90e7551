package io.github.pumaspark.model.coordination;

import io.github.pumaspark.data.lang.ConfigException;
import io.github.pumaspark.model.collective.Channel;
import io.github.pumaspark.model.collective.Daemon;
import io.github.pumaspark.model.collective.Link;
import io.github.pumaspark.model.collective.LinkServer;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.RunIdentity;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's side of one generation of a run: it knows the ranks, tells them of each other, hears
 * from them and ends them together. The first cause of an end is kept and reaches every rank,
 * including ranks that connect later. Thread-safe; driver only.
 */
public final class Coordinator implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

  /** How long a port that was given may still be busy with the generation before. */
  private static final long PORT_NANOS = 2_000_000_000L;

  private final RunIdentity run;
  private final Heartbeat heartbeat;
  private final ListenerQueue listener;
  private final PendingCommit pendingCommit;
  private final ScheduledThreadPoolExecutor timer;
  private final LinkServer server;
  private final TreeMap<Integer, RankSession> sessions = new TreeMap<>();
  private final Membership members;
  private final HangWatch hangWatch;
  private final Set<Integer> finished = new HashSet<>();
  private boolean stopRequested;
  private boolean closed;
  private @Nullable Failure firstFailure;

  private Coordinator(
      RunIdentity run,
      PeerAddress bind,
      Heartbeat heartbeat,
      Duration hangTimeout,
      CoordinatorListener listener)
      throws IOException {
    this.run = run;
    this.heartbeat = heartbeat;
    this.members = new Membership(run.worldSize());
    this.hangWatch = new HangWatch(hangTimeout);
    this.listener = new ListenerQueue(listener, this::abort);
    this.pendingCommit = new PendingCommit(run.worldSize());
    this.timer =
        new ScheduledThreadPoolExecutor(
            1,
            task -> Daemon.thread("puma-coordinator-heartbeat", task),
            new ThreadPoolExecutor.DiscardPolicy());
    this.server =
        LinkServer.start(bind, run, LinkServer.DRIVER, Set.of(Channel.CONTROL), this::connected);
  }

  /**
   * Starts to listen for ranks.
   *
   * @param bind a host of this machine that executors can reach; port 0 for any free one
   * @param hangTimeout after which a rank that is alive but makes no progress counts as hung
   * @throws ConfigException if the address cannot be bound
   */
  public static Coordinator start(
      RunIdentity run,
      PeerAddress bind,
      Heartbeat heartbeat,
      Duration hangTimeout,
      CoordinatorListener listener) {
    long end = System.nanoTime() + PORT_NANOS;
    while (true) {
      try {
        Coordinator coordinator = new Coordinator(run, bind, heartbeat, hangTimeout, listener);
        coordinator.beat();
        return coordinator;
      } catch (BindException e) {
        if (bind.port() == 0 || System.nanoTime() > end) {
          throw cannotListen(bind, e);
        }
        LockSupport.parkNanos(PORT_NANOS / 20);
      } catch (IOException e) {
        throw cannotListen(bind, e);
      }
    }
  }

  private static ConfigException cannotListen(PeerAddress bind, IOException e) {
    return new ConfigException(
        "Cannot listen on '%s': %s. Choose an address of this machine and a free port (0 = any)."
            .formatted(bind, e.getMessage()));
  }

  /** Where ranks connect. */
  public PeerAddress address() {
    return server.address();
  }

  /**
   * Waits until all ranks know of each other.
   *
   * @throws RunAbortedException if the run ended before, or ranks are missing after the timeout,
   *     which ends it
   */
  public void awaitJoined(Duration timeout) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    String missing = null;
    synchronized (this) {
      while (missing == null && firstFailure == null && !members.isComplete()) {
        long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
        if (remainingMillis <= 0) {
          missing = missingMessage(timeout);
        } else {
          wait(remainingMillis);
        }
      }
    }
    if (missing != null) {
      abort(missing);
    }
    throwIfEnded();
  }

  /**
   * Waits until all ranks have finished.
   *
   * @throws RunAbortedException if the run ended before
   */
  public void awaitFinished() throws InterruptedException {
    synchronized (this) {
      while (firstFailure == null && finished.size() < run.worldSize()) {
        wait();
      }
    }
    throwIfEnded();
  }

  private void throwIfEnded() {
    Optional<String> cause = firstCause();
    if (cause.isPresent()) {
      throw new RunAbortedException(cause.get());
    }
  }

  /** Asks all ranks to stop after a step they agree on; ranks that join later are asked too. */
  public void requestStop() {
    synchronized (this) {
      stopRequested = true;
    }
    forEachRank(session -> session.push(ControlType.STOP, null));
  }

  /** Ends the run on every rank; blocked calls there fail with the first cause ever given. */
  public void abort(String cause) {
    abort(Failure.ofDriver(cause));
  }

  /**
   * As {@link #abort}, unless a better cause comes within a heartbeat: what the cluster manager
   * says of a rank is told better by the rank or its silence.
   */
  public void abortAsConsequence(String cause) {
    later(Failure.ofDriver(cause));
  }

  private void abort(Failure failure) {
    String line = failure.message();
    synchronized (this) {
      if (firstFailure != null || closed) {
        return;
      }
      firstFailure = failure;
      notifyAll();
    }
    listener.stop();
    LOG.debug("Run '{}' generation {} ends: {}", run.runId(), run.generation(), line);
    forEachRank(session -> session.push(ControlType.ABORT, new ControlMessage.Abort(line)));
  }

  /** Why the run ended, if it did; one line. */
  public Optional<String> firstCause() {
    return firstFailure().map(Failure::message);
  }

  /** Why the run ended, if it did. */
  public synchronized Optional<Failure> firstFailure() {
    return Optional.ofNullable(firstFailure);
  }

  /** Where the ranks run that have joined, by rank. */
  public synchronized SortedMap<Integer, RankPlace> places() {
    return members.places();
  }

  /**
   * Ends all connections; ranks that have not finished are aborted. A commit that has begun is
   * waited for, one that has not is dropped.
   */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    server.close();
    listener.close();
    String cause = firstCause().orElse("The driver closed run '" + run.runId() + "'");
    forEachRank(session -> session.close(cause));
    timer.shutdownNow();
  }

  private void beat() {
    long millis = heartbeat.interval().toMillis();
    Future<?> unused =
        timer.scheduleAtFixedRate(
            () -> {
              forEachRank(session -> session.push(ControlType.HEARTBEAT, null));
              hung().ifPresent(this::abort);
            },
            millis,
            millis,
            TimeUnit.MILLISECONDS);
  }

  private synchronized Optional<Failure> hung() {
    return members.isComplete() ? hangWatch.hung(System.nanoTime()) : Optional.empty();
  }

  private void later(Failure failure) {
    Future<?> unused =
        timer.schedule(
            () -> abort(failure), heartbeat.interval().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void connected(Link link) {
    RankSession session;
    try {
      session = new RankSession(link, heartbeat, new Events());
    } catch (IOException e) {
      LOG.warn("Lost rank {} ({}) as it connected", link.peerRank(), link.remote(), e);
      link.close();
      return;
    }
    String refusal = register(session);
    if (refusal == null) {
      session.start();
    } else {
      LOG.warn("Refused rank {} ({}): {}", link.peerRank(), link.remote(), refusal);
      session.close(refusal);
    }
  }

  private synchronized @Nullable String register(RankSession session) {
    if (firstFailure != null) {
      return firstFailure.message();
    }
    if (closed) {
      return "The coordinator is closed";
    }
    if (sessions.putIfAbsent(session.rank(), session) != null) {
      return "Cannot join: rank " + session.rank() + " has already connected";
    }
    return null;
  }

  private void forEachRank(Consumer<RankSession> action) {
    List<RankSession> all;
    synchronized (this) {
      all = List.copyOf(sessions.values());
    }
    all.forEach(action);
  }

  private String missingMessage(Duration timeout) {
    return "Cannot start run '%s': have %s ranks, need %s; missing after %s s: %s"
        .formatted(
            run.runId(),
            members.size(),
            run.worldSize(),
            timeout.toMillis() / 1000.0,
            members.missing());
  }

  private final class Events implements RankSession.Events {
    @Override
    public void joined(int rank, ControlMessage.Join join) {
      List<PeerAddress> complete = new ArrayList<>();
      Optional<String> conflict;
      boolean stop;
      synchronized (Coordinator.this) {
        boolean isLast = members.add(rank, join);
        conflict = members.conflict(rank);
        if (isLast) {
          complete.addAll(members.addresses());
          hangWatch.restart(System.nanoTime());
        }
        stop = stopRequested;
        Coordinator.this.notifyAll();
      }
      if (conflict.isPresent()) {
        abort(new Failure(Failure.Kind.USER, rank, 0, conflict.get()));
        return;
      }
      if (!complete.isEmpty()) {
        forEachRank(session -> session.push(ControlType.RANKS, new ControlMessage.Ranks(complete)));
      }
      if (stop) {
        requestStop();
      }
    }

    @Override
    public void progressed(int rank, ControlMessage.Progress progress) {
      synchronized (Coordinator.this) {
        hangWatch.heard(rank, progress, System.nanoTime());
      }
    }

    @Override
    public void step(int rank, StepReport report) {
      listener.stepCompleted(rank, report);
    }

    @Override
    public void event(int rank, TrainEvent event) {
      listener.event(rank, event);
    }

    @Override
    public void checkpoint(CheckpointPart part) {
      try {
        pendingCommit.add(part).ifPresent(this::commit);
      } catch (IllegalStateException e) {
        abort(ControlMessage.reason(e));
      }
    }

    @Override
    public void finished(int rank) {
      try {
        pendingCommit.leave(rank);
      } catch (IllegalStateException e) {
        abort(ControlMessage.reason(e));
      }
      synchronized (Coordinator.this) {
        hangWatch.left(rank);
        finished.add(rank);
        Coordinator.this.notifyAll();
      }
    }

    @Override
    public void failed(int rank, ControlMessage.Failed failed) {
      if (failed.consequence()) {
        later(new Failure(failed.kind(), Failure.NO_RANK, 0, failed.cause()));
      } else {
        abort(
            new Failure(
                failed.kind(),
                rank,
                failed.step(),
                failed.kind() == Failure.Kind.RANK
                    ? "Rank " + rank + " failed: " + failed.cause()
                    : failed.cause()));
      }
    }

    @Override
    public void lost(int rank, Failure.Kind kind, String remote, String reason) {
      String where;
      synchronized (Coordinator.this) {
        where = hangWatch.lastSeen(rank);
      }
      abort(
          new Failure(
              kind, rank, 0, "Lost rank " + rank + " (" + remote + ")" + where + ": " + reason));
    }

    private void commit(List<CheckpointPart> parts) {
      long step = parts.get(0).step();
      ControlMessage.Committed committed = new ControlMessage.Committed(step);
      listener.commit(
          step,
          parts,
          () -> forEachRank(session -> session.push(ControlType.COMMITTED, committed)));
    }
  }
}
