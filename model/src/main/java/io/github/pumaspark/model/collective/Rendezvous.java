package io.github.pumaspark.model.collective;

import io.github.pumaspark.data.lang.Check;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the ranks find each other: each listens, learns all addresses (how is not this class's
 * business), calls the lower ranks and is called by the higher ones.
 */
public final class Rendezvous implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Rendezvous.class);

  private final RunIdentity run;
  private final int rank;
  private final LinkServer server;
  private final Map<Integer, Link> data = new TreeMap<>();
  private final Map<Integer, Link> signals = new TreeMap<>();
  private boolean closed;

  private Rendezvous(RunIdentity run, int rank, PeerAddress bind) throws IOException {
    this.run = run;
    this.rank = rank;
    this.server =
        LinkServer.start(bind, run, rank, Set.of(Channel.DATA, Channel.SIGNAL), this::called);
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
        call(peer, addresses.get(peer));
      }
      awaitCalls(addresses, connectTimeout);
      return hand(addresses, exchangeTimeout, config);
    }
  }

  /** Stops listening and closes what is connected so far; a blocked {@link #connect} fails. */
  @Override
  public void close() {
    server.close();
    synchronized (this) {
      closed = true;
      data.values().forEach(Link::close);
      signals.values().forEach(Link::close);
      notifyAll();
    }
  }

  private void call(int peer, PeerAddress address) {
    for (Channel channel : List.of(Channel.DATA, Channel.SIGNAL)) {
      try {
        keep(Link.dial(address, run, channel, rank, peer));
      } catch (IOException e) {
        throw new PeerLostException(
            "Cannot connect to rank " + peer + " (" + address + "): " + e.getMessage(), e);
      }
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
    Map<Integer, Link> links = link.channel() == Channel.DATA ? data : signals;
    if (closed || links.containsKey(link.peerRank())) {
      link.close();
      return false;
    }
    links.put(link.peerRank(), link);
    notifyAll();
    return true;
  }

  private synchronized void awaitCalls(List<PeerAddress> addresses, Duration timeout) {
    long deadlineNanos = System.nanoTime() + timeout.toNanos();
    try {
      for (int peer = 0; peer < run.worldSize(); peer++) {
        while (peer != rank && !(data.containsKey(peer) && signals.containsKey(peer))) {
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
    if (closed) {
      throw new PeerLostException("Cannot connect rank " + rank + ": the rendezvous was closed");
    }
    try {
      SocketCollective collective =
          new SocketCollective(rank, addresses, data, signals, timeout, config);
      data.clear();
      signals.clear();
      return collective;
    } catch (IOException e) {
      throw new PeerLostException("Cannot connect rank " + rank + ": " + e.getMessage(), e);
    }
  }
}
