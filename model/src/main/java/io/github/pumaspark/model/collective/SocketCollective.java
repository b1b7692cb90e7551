package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.ConfigException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ranks in processes of their own, each connected to every other. Made by {@link Rendezvous}.
 *
 * <p>Direct exchange: every rank hands each part to the rank that owns it, through shared memory or
 * a connection, and the owner adds in rank order. Something passes between every two ranks in every
 * exchange, be the part empty, so a lost peer shows in the exchange in which it is lost. Whoever
 * notices first tells the others the cause before it closes.
 */
public final class SocketCollective implements Collective {
  private static final Logger LOG = LoggerFactory.getLogger(SocketCollective.class);
  private static final Duration LAST_SIGNAL_TIMEOUT = Duration.ofSeconds(2);
  private static final String LEFT = "it closed its collective";
  private static final int NOBODY = -1;

  private final int rank;
  private final int worldSize;
  private final Duration timeout;
  private final CollectiveConfig config;
  private final Peers peers = new Peers();
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
  private final IdentityHashMap<FloatBuffer, HostFloats> allocated = new IdentityHashMap<>();
  private final RecordGather records;
  private final @Nullable SharedMemory memory;
  private final Set<Integer> warned = new TreeSet<>();
  private boolean sharesNothing;
  private boolean isNothingShared;
  private @Nullable TurnBoard board;
  private int lanes;
  private volatile @Nullable Pipeline pipeline;
  private volatile String action = "rendezvous";
  private volatile long entered;
  private volatile long completed;

  /**
   * Takes ownership of the links.
   *
   * @param addresses of all ranks, for messages
   * @param records one link per other rank
   * @param signals likewise
   * @param timeout how long a peer may stay silent during an exchange
   */
  SocketCollective(
      RunIdentity run,
      int rank,
      List<PeerAddress> addresses,
      Map<Integer, Link> records,
      Map<Integer, Link> signals,
      Duration timeout,
      CollectiveConfig config)
      throws IOException {
    this.rank = rank;
    this.worldSize = addresses.size();
    this.timeout = timeout;
    this.config = config;
    this.records = new RecordGather(rank, peers);
    // Whatever the path is now: the generation before may have shared and been killed.
    SharedFile.sweep(Path.of(config.sharedDirectory()), run);
    this.memory =
        config.path() == CollectiveConfig.Path.TCP || worldSize == 1
            ? null
            : new SharedMemory(run, rank, Path.of(config.sharedDirectory()), this::gatherRecords);
    PeerEvents events = new PeerEvents();
    for (Map.Entry<Integer, Link> link : records.entrySet()) {
      int peer = link.getKey();
      link.getValue().idleTimeout(timeout);
      Link signal = signals.get(peer);
      if (signal == null) {
        throw new IllegalArgumentException("no signal link to rank " + peer);
      }
      peers.add(new Peer(rank, addresses.get(peer), link.getValue(), signal, events));
    }
    peers.all().forEach(Peer::start);
  }

  /**
   * How the other ranks are reached.
   *
   * @param isWorldShared whether every two ranks of the world share memory; equal on every rank
   * @param throughLanes those with which this rank does not
   */
  record Reach(boolean isWorldShared, Set<Integer> throughLanes) {}

  /**
   * Finds out whether memory can be shared, before there are lanes; a collective call.
   *
   * @throws ConfigException if all memory must be shared and cannot
   */
  Reach proveSharing() {
    Set<Integer> others = new TreeSet<>();
    peers.all().forEach(peer -> others.add(peer.rank()));
    if (memory == null) {
      return new Reach(worldSize == 1, others);
    }
    SharedMemory.Outcome outcome = memory.share(TurnBoard.FLOATS);
    check(outcome, "");
    warn(outcome, "no memory");
    sharesNothing = outcome.peers().isEmpty();
    board = outcome.own() == null ? null : new TurnBoard(outcome.own(), outcome.peers());
    isNothingShared = outcome.isEmpty();
    others.removeAll(outcome.peers().keySet());
    return new Reach(outcome.isComplete(), others);
  }

  /** Takes ownership of the lanes, one list per peer, and becomes ready for exchanges. */
  void lanes(Map<Integer, List<Link>> links, int count) {
    lanes = count;
    links.forEach((peer, ofPeer) -> peers.get(peer).lanes(ofPeer));
    boolean bf16 = config.wire() == CollectiveConfig.Wire.BF16;
    Pipeline made = new Pipeline(rank, peers, lanes, bf16, board, new PipelineEvents());
    made.start();
    pipeline = made;
    if (failure.get() != null) {
      made.stop();
    }
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int worldSize() {
    return worldSize;
  }

  /** TCP connections for buffers to every rank that is not reached through shared memory. */
  public int connections() {
    return lanes;
  }

  @Override
  public FloatBuffer allocate(int length) {
    HostFloats buffer = make(length);
    allocated.put(buffer.values(), buffer);
    return buffer.values();
  }

  @Override
  public void startReduceScatter(FloatBuffer values, int start, int end) {
    start(Exchange.Kind.REDUCE_SCATTER, values, start, end);
  }

  @Override
  public void startAllGather(FloatBuffer values, int start, int end) {
    start(Exchange.Kind.ALL_GATHER, values, start, end);
  }

  @Override
  public void await() {
    throwIfFailed();
    Pipeline running = pipeline;
    if (running == null) {
      return;
    }
    try {
      if (!running.await(timeout.toMillis())) {
        int silent = waitingFor();
        fail(
            silent == NOBODY ? peers.all().iterator().next() : peers.get(silent),
            new SocketTimeoutException());
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    throwIfFailed();
  }

  @Override
  public List<byte[]> gatherRecords(byte[] record) {
    Exchanges.check(record);
    await();
    long number = enter("record gather");
    try {
      List<byte[]> all = records.gather(record.clone());
      completed = number;
      return all;
    } catch (ClosedByInterruptException | InterruptedException e) {
      throw interrupted(e);
    } catch (IOException e) {
      fail(peers.get(records.waitingFor()), e);
      throw lost(e);
    } finally {
      records.rest();
    }
  }

  /**
   * Ends this collective and, as far as they can be reached, its peers' with the given cause; calls
   * in progress and later ones fail with it. The first cause wins.
   */
  public void abort(String cause) {
    if (failure.compareAndSet(null, cause)) {
      // An interrupt would close the links before the peers are told.
      boolean interrupted = Thread.interrupted();
      peers.closeAfterFailure(cause);
      stop();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    if (failure.compareAndSet(
        null, "Cannot exchange: the collective of rank " + rank + " is closed")) {
      boolean interrupted = Thread.interrupted();
      peers.closeAfterGoodbye(completed);
      stop();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private HostFloats make(int length) {
    int id = allocated.size();
    if (memory == null || isNothingShared) {
      return HostFloats.zeroed(id, length);
    }
    SharedMemory.Outcome outcome = sharesNothing ? memory.abstain(length) : memory.share(length);
    check(outcome, " of " + length + " floats");
    warn(outcome, "no buffer of " + length + " floats");
    TurnBoard ours = board;
    if (outcome.own() == null || ours == null) {
      return HostFloats.zeroed(id, length);
    }
    Map<Integer, FloatBuffer> shared = new TreeMap<>();
    outcome
        .peers()
        .forEach(
            (peer, bytes) -> {
              // Both sides know the same boards, so both leave the others out.
              if (ours.ranks().contains(peer)) {
                shared.put(peer, bytes.asFloatBuffer());
              }
            });
    return HostFloats.of(id, outcome.own(), shared);
  }

  /** Once for each peer. */
  private void warn(SharedMemory.Outcome outcome, String what) {
    Map<Integer, String> news = new TreeMap<>(outcome.refused());
    news.keySet().removeAll(warned);
    if (!news.isEmpty()) {
      warned.addAll(news.keySet());
      LOG.warn(
          "Rank {} shares {} with ranks {} of this host and uses TCP: {}",
          rank,
          what,
          news.keySet(),
          Set.copyOf(news.values()));
    }
  }

  private void check(SharedMemory.Outcome outcome, String what) {
    if (config.path() == CollectiveConfig.Path.SHM && !outcome.isComplete()) {
      String reason =
          outcome.refused().entrySet().stream()
              .map(entry -> "rank " + entry.getKey() + ": " + entry.getValue())
              .findFirst()
              .orElse("not all ranks are on one host, or another rank cannot");
      ConfigException failure =
          new ConfigException(
              "Cannot share a buffer%s through '%s' (%s). Set collective.path = auto or tcp."
                  .formatted(what, config.sharedDirectory(), reason));
      try {
        // All must know before the first one leaves, or the others would report it as lost.
        gatherRecords(new byte[0]);
      } catch (PeerLostException e) {
        failure.addSuppressed(e);
      }
      throw failure;
    }
  }

  private void start(Exchange.Kind kind, FloatBuffer values, int start, int end) {
    Pipeline running = pipeline;
    if (running == null) {
      throw new IllegalStateException("no lanes yet");
    }
    throwIfFailed();
    try {
      Exchanges.check(values, start, end);
    } catch (IllegalArgumentException e) {
      abort("Lost rank " + rank + " at the start of an exchange: " + e.getMessage());
      throw e;
    }
    if (worldSize == 1) {
      return;
    }
    HostFloats buffer = allocated.get(values);
    try {
      running.start(
          new Exchange(
              enter(kind.toString()),
              kind,
              buffer == null ? HostFloats.foreign(values) : buffer,
              new Parts(start, end, worldSize),
              lanes));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private long enter(String name) {
    throwIfFailed();
    long number = entered + 1;
    action = name + " " + number;
    entered = number;
    peers.all().forEach(this::abortIfLeft);
    throwIfFailed();
    return number;
  }

  /** Throws once nobody touches the caller's buffers any more. */
  private void throwIfFailed() {
    if (failure.get() != null) {
      throw lost(null);
    }
  }

  private PeerLostException interrupted(Exception e) {
    Thread.currentThread().interrupt();
    abort("Lost rank " + rank + " during " + current() + ": interrupted");
    return lost(e);
  }

  private PeerLostException lost(@Nullable Exception e) {
    Pipeline running = pipeline;
    if (running != null) {
      running.awaitStopped();
    }
    String cause = String.valueOf(failure.get());
    return e == null ? new PeerLostException(cause) : new PeerLostException(cause, e);
  }

  private void stop() {
    Pipeline running = pipeline;
    if (running != null) {
      running.stop();
    }
  }

  /**
   * Ends an exchange that a peer will not complete: what the peer has sent of it may be all that
   * this rank needs, yet not all that the others need.
   */
  private void abortIfLeft(Peer peer) {
    if (entered > completed && peer.leftBefore(entered)) {
      abort(lostMessage(peer, LEFT));
    }
  }

  private void fail(Peer peer, IOException e) {
    if (failure.get() != null) {
      return;
    }
    if (e instanceof SocketTimeoutException) {
      abort(lostMessage(peers.silent(peer), "silent for " + timeout.toMillis() + " ms"));
    } else if (e instanceof ProtocolException) {
      abort(lostMessage(peer, e.getMessage()));
    } else {
      peer.awaitLastSignal(LAST_SIGNAL_TIMEOUT);
      abort(lostMessage(peer, peer.hasLeft() ? LEFT : e.getMessage()));
    }
  }

  private String lostMessage(Peer peer, @Nullable String reason) {
    String when = entered > completed ? " during " : " after ";
    return "Lost " + peer + when + current() + ": " + reason;
  }

  private String current() {
    Pipeline running = pipeline;
    Optional<Exchange> oldest = running == null ? Optional.empty() : running.current();
    return oldest.map(Exchange::toString).orElse(action);
  }

  private int waitingFor() {
    int peer = records.waitingFor();
    Pipeline running = pipeline;
    return peer != NOBODY || running == null ? peer : running.waitingFor().orElse(NOBODY);
  }

  private final class PeerEvents implements Peer.Events {
    @Override
    public void reported(String cause) {
      abort(cause);
    }

    @Override
    public void disconnected(Peer peer, IOException reason) {
      abort(lostMessage(peer, reason.getMessage()));
    }

    @Override
    public void left(Peer peer) {
      abortIfLeft(peer);
    }

    @Override
    public int waitingFor() {
      return SocketCollective.this.waitingFor();
    }
  }

  private final class PipelineEvents implements Pipeline.Events {
    @Override
    public void completed(Exchange exchange) {
      completed = exchange.number();
    }

    @Override
    public void failed(int peer, IOException reason) {
      fail(peers.get(peer), reason);
    }

    @Override
    public void broken(RuntimeException reason) {
      abort("Lost rank " + rank + " during " + current() + ": " + reason);
      LOG.error("Exchange failed", reason);
    }
  }
}
