package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the ranks find each other: each listens, learns all addresses (how is not this class's
 * business), calls the lower ranks and is called by the higher ones. With the connections for
 * records the ranks find out who shares memory, then they open those for data.
 */
public final class Rendezvous implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Rendezvous.class);

  private final RunIdentity run;
  private final int rank;
  private final LinkServer server;
  private final Map<Integer, Link> records = new TreeMap<>();
  private final Map<Integer, Link> signals = new TreeMap<>();
  private final Map<Integer, Map<Integer, Link>> lanes = new TreeMap<>();
  private @Nullable SocketCollective unfinished;
  private boolean closed;

  private Rendezvous(RunIdentity run, int rank, PeerAddress bind) throws IOException {
    this.run = run;
    this.rank = rank;
    this.server =
        LinkServer.start(
            bind, run, rank, Set.of(Channel.DATA, Channel.SIGNAL, Channel.RECORD), this::called);
  }

  /**
   * Starts to listen.
   *
   * @param bind where; port 0 for any free one
   * @throws IOException if the address cannot be bound
   */
  public static Rendezvous listen(RunIdentity run, int rank, PeerAddress bind) throws IOException {
    Check.argument(
        rank >= 0 && rank < run.worldSize(), "rank must be in [0, %s): %s", run.worldSize(), rank);
    return new Rendezvous(run, rank, bind);
  }

  /** Where the other ranks can reach this one. */
  public PeerAddress address() {
    return server.address();
  }

  /**
   * Connects to all other ranks; afterwards this rendezvous is over, whatever came of it.
   *
   * @param addresses one per rank
   * @param connectTimeout how long to wait for the higher ranks to call
   * @param exchangeTimeout how long a peer may stay silent during an exchange
   * @param config how to exchange; equal on every rank
   * @throws PeerLostException if a rank cannot be reached or does not call in time, or this
   *     rendezvous is closed meanwhile
   * @throws io.github.pumaspark.data.lang.ConfigException if memory must be shared and cannot
   */
  public SocketCollective connect(
      List<PeerAddress> addresses,
      Duration connectTimeout,
      Duration exchangeTimeout,
      CollectiveConfig config) {
    Check.argument(
        addresses.size() == run.worldSize(),
        "%s addresses for %s ranks",
        addresses.size(),
        run.worldSize());
    try (this) {
      for (int peer = 0; peer < rank; peer++) {
        call(peer, addresses.get(peer), Channel.RECORD, 0);
        call(peer, addresses.get(peer), Channel.SIGNAL, 0);
      }
      awaitCalls(
          addresses,
          connectTimeout,
          peer -> records.containsKey(peer) && signals.containsKey(peer));
      SocketCollective collective = hand(addresses, exchangeTimeout, config);
      try {
        openLanes(collective, addresses, connectTimeout, config);
        finished(collective);
        return collective;
      } catch (RuntimeException e) {
        collective.abort("Cannot connect rank " + rank + ": " + e.getMessage());
        throw e;
      }
    }
  }

  /** Stops listening and closes what is connected so far; a blocked {@link #connect} fails. */
  @Override
  public void close() {
    server.close();
    SocketCollective abandoned;
    synchronized (this) {
      closed = true;
      abandoned = unfinished;
      records.values().forEach(Link::close);
      signals.values().forEach(Link::close);
      lanes.values().forEach(ofPeer -> ofPeer.values().forEach(Link::close));
      notifyAll();
    }
    if (abandoned != null) {
      abandoned.abort("Cannot connect rank " + rank + ": the rendezvous was closed");
    }
  }

  private void openLanes(
      SocketCollective collective,
      List<PeerAddress> addresses,
      Duration timeout,
      CollectiveConfig config) {
    SocketCollective.Reach reach = collective.proveSharing();
    boolean probes = config.connections() == 0 && !reach.isWorldShared();
    int most =
        probes
            ? LinkProbe.CANDIDATES.get(LinkProbe.CANDIDATES.size() - 1)
            : reach.isWorldShared() ? 1 : config.connections();
    for (int peer = 0; peer < rank; peer++) {
      for (int lane = 0; lane < most; lane++) {
        call(peer, addresses.get(peer), Channel.DATA, lane);
      }
    }
    awaitCalls(
        addresses, timeout, peer -> lanes.getOrDefault(peer, Map.of()).keySet().size() >= most);
    int count = probes ? probe(collective, reach) : most;
    collective.lanes(takeLanes(count), count);
  }

  private int probe(SocketCollective collective, SocketCollective.Reach reach) {
    Map<Integer, List<Link>> used = new TreeMap<>();
    synchronized (this) {
      reach.throughLanes().forEach(peer -> used.put(peer, laneList(peer)));
    }
    try {
      return new LinkProbe(run, rank, used, collective::gatherRecords).choose();
    } catch (IOException e) {
      throw new PeerLostException("Cannot measure the links: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerLostException("Cannot connect rank " + rank + ": interrupted", e);
    }
  }

  private synchronized Map<Integer, List<Link>> takeLanes(int count) {
    Map<Integer, List<Link>> taken = new TreeMap<>();
    for (int peer : lanes.keySet()) {
      List<Link> all = laneList(peer);
      taken.put(peer, all.subList(0, count));
      all.subList(count, all.size()).forEach(Link::close);
    }
    lanes.clear();
    return taken;
  }

  private List<Link> laneList(int peer) {
    Map<Integer, Link> ofPeer = lanes.getOrDefault(peer, Map.of());
    return IntStream.range(0, ofPeer.size())
        .mapToObj(
            lane -> {
              Link link = ofPeer.get(lane);
              Check.argument(link != null, "no lane %s to rank %s", lane, peer);
              return link;
            })
        .toList();
  }

  private void call(int peer, PeerAddress address, Channel channel, int lane) {
    try {
      keep(Link.dial(address, run, new Handshake.Purpose(channel, lane, rank, peer)));
    } catch (IOException e) {
      throw new PeerLostException(
          "Cannot connect to rank " + peer + " (" + address + "): " + e.getMessage(), e);
    }
  }

  private void called(Link link) {
    if (link.peerRank() <= rank || !keep(link)) {
      LOG.warn(
          "Refused a {} connection of rank {} to rank {} from {}",
          link.channel(),
          link.peerRank(),
          rank,
          link.remote());
      link.close();
    }
  }

  private synchronized boolean keep(Link link) {
    boolean isNew =
        switch (link.channel()) {
          case RECORD -> records.putIfAbsent(link.peerRank(), link) == null;
          case SIGNAL -> signals.putIfAbsent(link.peerRank(), link) == null;
          default ->
              lanes
                      .computeIfAbsent(link.peerRank(), peer -> new TreeMap<>())
                      .putIfAbsent(link.lane(), link)
                  == null;
        };
    if (closed || !isNew) {
      link.close();
      return false;
    }
    notifyAll();
    return true;
  }

  private interface Condition {
    boolean isMet(int peer);
  }

  private synchronized void awaitCalls(
      List<PeerAddress> addresses, Duration timeout, Condition connected) {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    try {
      for (int peer = 0; peer < run.worldSize(); peer++) {
        while (peer != rank && !connected.isMet(peer)) {
          long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
          if (closed || remainingMillis <= 0) {
            String reason =
                closed
                    ? "the rendezvous was closed"
                    : "it did not connect within " + timeout.toMillis() + " ms";
            throw new PeerLostException(
                "Cannot reach rank " + peer + " (" + addresses.get(peer) + "): " + reason);
          }
          wait(remainingMillis);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerLostException("Cannot connect rank " + rank + ": interrupted", e);
    }
  }

  private synchronized SocketCollective hand(
      List<PeerAddress> addresses, Duration timeout, CollectiveConfig config) {
    throwIfClosed();
    try {
      SocketCollective collective =
          new SocketCollective(run, rank, addresses, records, signals, timeout, config);
      records.clear();
      signals.clear();
      unfinished = collective;
      return collective;
    } catch (IOException e) {
      throw new PeerLostException("Cannot connect rank " + rank + ": " + e.getMessage(), e);
    }
  }

  private synchronized void finished(SocketCollective collective) {
    throwIfClosed();
    if (unfinished == collective) {
      unfinished = null;
    }
  }

  private void throwIfClosed() {
    if (closed) {
      throw new PeerLostException("Cannot connect rank " + rank + ": the rendezvous was closed");
    }
  }
}
