package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.Channel;
import io.github.pumaspark.model.collective.Collective;
import io.github.pumaspark.model.collective.CollectiveConfig;
import io.github.pumaspark.model.collective.Daemon;
import io.github.pumaspark.model.collective.Link;
import io.github.pumaspark.model.collective.LinkServer;
import io.github.pumaspark.model.collective.PeerAddress;
import io.github.pumaspark.model.collective.PeerLostException;
import io.github.pumaspark.model.collective.Rendezvous;
import io.github.pumaspark.model.collective.RunIdentity;
import io.github.pumaspark.model.collective.SocketCollective;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A rank's side of the control connection. When the driver ends the run or is lost, the collective
 * is closed and every blocked or later call here throws {@link RunAbortedException}.
 *
 * <p>{@link #stopRequested} turns true at different times on different ranks: agree on the step
 * through {@link Collective#gatherRecords} before acting on it. A rank that fails calls {@link
 * #fail} before it closes anything, so that its own cause is the first.
 */
public final class CoordinatorClient implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CoordinatorClient.class);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);

  private final RunIdentity run;
  private final int rank;
  private final RankPlace place;
  private final PeerAddress driver;
  private final Heartbeat heartbeat;
  private final Link link;
  private final ScheduledThreadPoolExecutor timer;
  private final RunState state = new RunState();
  private volatile boolean stopRequested;
  private volatile long lastReported;
  private volatile ControlMessage.Progress progress = ControlMessage.Progress.JOINING;
  private final AtomicLong progressCount = new AtomicLong();
  private @Nullable Rendezvous rendezvous;
  private @Nullable SocketCollective collective;

  private CoordinatorClient(
      RunIdentity run,
      int rank,
      RankPlace place,
      PeerAddress driver,
      Heartbeat heartbeat,
      Link link) {
    this.run = run;
    this.rank = rank;
    this.place = place;
    this.driver = driver;
    this.heartbeat = heartbeat;
    this.link = link;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, task -> Daemon.thread("puma-heartbeat-rank-" + rank, task));
  }

  /**
   * Connects to the driver.
   *
   * @param place where this rank runs
   * @throws RunAbortedException if the driver cannot be reached or refuses this rank
   */
  public static CoordinatorClient connect(
      RunIdentity run, int rank, RankPlace place, PeerAddress driver, Heartbeat heartbeat) {
    try {
      Link link = Link.dial(driver, run, Channel.CONTROL, rank, LinkServer.DRIVER);
      link.idleTimeout(heartbeat.deadAfter());
      CoordinatorClient client = new CoordinatorClient(run, rank, place, driver, heartbeat, link);
      client.start();
      return client;
    } catch (IOException e) {
      throw new RunAbortedException(
          "Cannot connect rank %s to the driver (%s): %s"
              .formatted(rank, driver, ControlMessage.reason(e)));
    }
  }

  /**
   * Joins the run: waits for all other ranks and connects to them. Call once.
   *
   * @param bindHost a host of this machine that the other ranks can reach
   * @param exchangeTimeout how long a peer may stay silent during an exchange
   * @param config how ranks exchange; equal on every rank
   * @return the caller closes it, before this client
   * @throws RunAbortedException if the run ends first
   * @throws PeerLostException if a rank cannot be connected to
   */
  public Collective join(String bindHost, Duration exchangeTimeout, CollectiveConfig config) {
    try (Rendezvous opened = Rendezvous.listen(run, rank, new PeerAddress(bindHost, 0))) {
      synchronized (this) {
        rendezvous = opened;
      }
      send(ControlType.JOIN, new ControlMessage.Join(opened.address(), place));
      List<PeerAddress> addresses = state.awaitRanks();
      SocketCollective connected =
          opened.connect(addresses, CONNECT_TIMEOUT, exchangeTimeout, config);
      synchronized (this) {
        collective = connected;
      }
      try {
        state.throwIfAborted();
      } catch (RunAbortedException e) {
        connected.abort(String.valueOf(e.getMessage()));
        throw e;
      }
      return connected;
    } catch (PeerLostException e) {
      state.throwIfAborted();
      throw e;
    } catch (IOException e) {
      throw new PeerLostException(
          "Cannot listen on '%s' for rank %s: %s"
              .formatted(bindHost, rank, ControlMessage.reason(e)),
          e);
    }
  }

  /** Hands a step's numbers to the driver without waiting for it. */
  public void reportStep(StepReport report) {
    send(ControlType.STEP, report);
  }

  /** Hands what happened in a step to the driver without waiting for it. */
  public void reportEvent(TrainEvent event) {
    send(ControlType.EVENT, event);
  }

  /**
   * Hands this rank's part of a checkpoint to the driver without waiting for it; when all ranks
   * have, the driver commits it. Checkpoints are reported by ascending step, one at a time: the
   * last one is {@link #awaitCommitted} before the next is reported.
   */
  public void reportCheckpoint(CheckpointPart part) {
    lastReported = part.step();
    send(ControlType.CHECKPOINT, part);
  }

  /**
   * Returns when the checkpoint of a step that this rank has reported, or a later one, exists.
   *
   * @throws RunAbortedException if the commit fails or the run ends
   */
  public void awaitCommitted(long step) {
    state.awaitCommitted(step);
  }

  /**
   * Notes where this rank is; the driver learns it with the next heartbeat. Costs nothing, so call
   * it often: a rank without progress counts as hung.
   *
   * @param step that the rank works on
   * @param phase part of the step, by its name in {@link StepReport#phaseSeconds}
   */
  public void progressed(long step, String phase) {
    progress = new ControlMessage.Progress(step, phase, progressCount.incrementAndGet());
  }

  /** Whether the driver has asked to stop. */
  public boolean stopRequested() {
    return stopRequested;
  }

  /**
   * Waits for the last checkpoint that this rank reported, then tells the driver that the rank has
   * done its work; nothing may be reported afterwards.
   *
   * @throws RunAbortedException if the commit fails or the run ends
   */
  public void finished() {
    state.awaitCommitted(lastReported);
    send(ControlType.FINISHED, null);
    state.awaitFinished();
  }

  /**
   * Reports this rank's failure, which ends the run on all ranks; returns when the driver knows.
   *
   * @param step see {@link Failure}
   */
  public void fail(Failure.Kind kind, long step, String cause) {
    fail(new ControlMessage.Failed(kind, step, cause, false));
  }

  /**
   * As {@link #fail(Failure.Kind, long, String)}, of kind {@link Failure.Kind#RANK}. The loss of
   * another rank is reported as a consequence, so that the lost rank's own word, if there is one,
   * becomes the first cause.
   */
  public void fail(Throwable cause) {
    if (cause instanceof PeerLostException) {
      fail(new ControlMessage.Failed(Failure.Kind.LOST, 0, ControlMessage.reason(cause), true));
    } else if (!(cause instanceof RunAbortedException)) {
      fail(
          Failure.Kind.RANK,
          0,
          cause.getClass().getSimpleName() + ": " + ControlMessage.reason(cause));
    }
  }

  /** Ends the connection; the collective stays the caller's to close. */
  @Override
  public void close() {
    state.close();
    timer.shutdownNow();
    link.close();
  }

  private void start() {
    long millis = heartbeat.interval().toMillis();
    Future<?> unused = timer.scheduleAtFixedRate(this::beat, millis, millis, TimeUnit.MILLISECONDS);
    Daemon.thread("puma-control-rank-" + rank, this::readAll).start();
  }

  private void beat() {
    try {
      ControlMessage.send(link, ControlType.HEARTBEAT, progress);
    } catch (IOException e) {
      LOG.debug("No heartbeat to the driver", e);
    }
  }

  private void readAll() {
    try {
      while (!state.isOver()) {
        read(link.receive(ControlMessage.MAX_BYTES));
      }
    } catch (SocketTimeoutException e) {
      driverLost("no heartbeat for " + heartbeat.deadAfter().toMillis() + " ms");
    } catch (IOException e) {
      driverLost(ControlMessage.reason(e));
    } finally {
      timer.shutdownNow();
      link.close();
    }
  }

  private void read(Link.Frame frame) throws IOException {
    ControlType type = ControlType.of(frame);
    switch (type) {
      case HEARTBEAT -> {}
      case RANKS -> {
        List<PeerAddress> ranks =
            ControlMessage.body(frame, ControlMessage.Ranks.class).addresses();
        if (ranks.size() != run.worldSize()) {
          throw new ProtocolException("Invalid rank map: " + ranks.size() + " ranks");
        }
        state.ranks(ranks);
      }
      case COMMITTED ->
          state.committed(ControlMessage.body(frame, ControlMessage.Committed.class).step());
      case STOP -> stopRequested = true;
      case FINISHED -> state.finished();
      case ABORT -> abort(ControlMessage.body(frame, ControlMessage.Abort.class).cause());
      default -> throw new ProtocolException("Invalid control frame: " + type + " from the driver");
    }
  }

  private void driverLost(String reason) {
    if (!state.isOver()) {
      abort("Lost the driver (" + driver + "): " + reason);
    }
  }

  private void abort(String cause) {
    if (!state.abort(cause)) {
      return;
    }
    Rendezvous opened;
    SocketCollective connected;
    synchronized (this) {
      opened = rendezvous;
      connected = collective;
    }
    if (connected != null) {
      connected.abort(cause);
    } else if (opened != null) {
      opened.close();
    }
  }

  private void fail(ControlMessage.Failed failed) {
    try {
      send(ControlType.FAILED, failed);
      state.awaitAbort();
    } catch (RunAbortedException e) {
      LOG.debug("The driver knows, or is gone", e);
    }
  }

  private void send(ControlType type, @Nullable Object body) {
    state.throwIfAborted();
    try {
      ControlMessage.send(link, type, body);
    } catch (ProtocolException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    } catch (IOException e) {
      LOG.debug("Cannot send {} to the driver; its reader knows why", type, e);
      state.awaitAbort();
    }
  }
}
