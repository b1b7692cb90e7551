package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Ranks in processes of their own, each connected to every other. Made by {@link Rendezvous}.
 *
 * <p>Direct exchange: every rank sends each part to the rank that owns it, and the owner adds in
 * rank order. Each peer has a writer thread, so no order of sending can block; a frame goes to
 * every peer in every exchange, be its part empty, so a lost peer shows in the exchange in which it
 * is lost. Whoever notices first tells the others the cause before it closes.
 */
public final class SocketCollective implements Collective {
  private static final Duration LAST_SIGNAL_TIMEOUT = Duration.ofSeconds(2);
  private static final String LEFT = "it closed its collective";
  private static final int NOBODY = -1;

  private final int rank;
  private final int worldSize;
  private final Duration timeout;
  private final Peers peers = new Peers();
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
  private final ByteBuffer received =
      ByteBuffer.allocate(PeerWriter.CHUNK_FLOATS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final FloatBuffer receivedFloats = received.asFloatBuffer();
  private volatile int waitingFor = NOBODY;
  private volatile String action = "rendezvous";
  private volatile long entered;
  private volatile long completed;

  /**
   * Takes ownership of the links.
   *
   * @param addresses of all ranks, for messages
   * @param data one link per other rank
   * @param signals likewise
   * @param timeout how long a peer may stay silent during an exchange
   */
  SocketCollective(
      int rank,
      List<PeerAddress> addresses,
      Map<Integer, Link> data,
      Map<Integer, Link> signals,
      Duration timeout,
      CollectiveConfig config)
      throws IOException {
    this.rank = rank;
    this.worldSize = addresses.size();
    this.timeout = timeout;
    Events events = new Events();
    for (Map.Entry<Integer, Link> link : data.entrySet()) {
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

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int worldSize() {
    return worldSize;
  }

  @Override
  public FloatBuffer allocate(int length) {
    return HostFloats.zeroed(length);
  }

  @Override
  public void startReduceScatter(FloatBuffer values, int start, int end) {
    Parts parts = new Parts(start, end, worldSize);
    exchange(
        "reduce-scatter",
        () -> {
          Exchanges.check(values, start, end);
          for (Peer peer : peers.all()) {
            int to = peer.rank();
            peer.writer().send(FrameType.REDUCE_SCATTER, values, parts.start(to), parts.end(to));
          }
          long bytes = parts.size(rank) * (long) Float.BYTES;
          for (Peer peer : peers.all()) {
            from(peer).receiveHeader(FrameType.REDUCE_SCATTER, bytes);
          }
          float[] sums = new float[Math.min(PeerWriter.CHUNK_FLOATS, parts.size(rank))];
          for (int i = parts.start(rank); i < parts.end(rank); i += sums.length) {
            addInRankOrder(values, i, Math.min(sums.length, parts.end(rank) - i), sums);
          }
          return Boolean.TRUE;
        });
  }

  @Override
  public void startAllGather(FloatBuffer values, int start, int end) {
    Parts parts = new Parts(start, end, worldSize);
    exchange(
        "all-gather",
        () -> {
          Exchanges.check(values, start, end);
          for (Peer peer : peers.all()) {
            peer.writer().send(FrameType.ALL_GATHER, values, parts.start(rank), parts.end(rank));
          }
          for (Peer peer : peers.all()) {
            int owner = peer.rank();
            from(peer).receiveHeader(FrameType.ALL_GATHER, parts.size(owner) * (long) Float.BYTES);
            for (int i = parts.start(owner); i < parts.end(owner); ) {
              int n = Math.min(PeerWriter.CHUNK_FLOATS, parts.end(owner) - i);
              peer.data().readFully(received.array(), n * Float.BYTES);
              values.put(i, receivedFloats, 0, n);
              i += n;
            }
          }
          return Boolean.TRUE;
        });
  }

  @Override
  public void await() {
    throwIfFailed();
  }

  @Override
  public List<byte[]> gatherRecords(byte[] record) {
    Exchanges.check(record);
    byte[] own = record.clone();
    return exchange(
        "record gather",
        () -> {
          for (Peer peer : peers.all()) {
            peer.writer().send(FrameType.RECORD, own);
          }
          List<byte[]> records = new ArrayList<>();
          for (int from = 0; from < worldSize; from++) {
            records.add(from == rank ? own : receiveRecord(peers.get(from)));
          }
          return List.copyOf(records);
        });
  }

  /**
   * Ends this collective and, as far as they can be reached, its peers' with the given cause; calls
   * in progress and later ones fail with it. The first cause wins.
   */
  public void abort(String cause) {
    if (failure.compareAndSet(null, cause)) {
      peers.closeAfterFailure(cause);
    }
  }

  @Override
  public void close() {
    if (failure.compareAndSet(
        null, "Cannot exchange: the collective of rank " + rank + " is closed")) {
      peers.closeAfterGoodbye(completed);
    }
  }

  private void throwIfFailed() {
    String earlier = failure.get();
    if (earlier != null) {
      throw new PeerLostException(earlier);
    }
  }

  private interface Exchange<T> {
    T run() throws IOException;
  }

  private <T> T exchange(String name, Exchange<T> body) {
    long number = completed + 1;
    action = name + " " + number;
    throwIfFailed();
    entered = number;
    peers.all().forEach(this::abortIfLeft);
    try {
      T result = body.run();
      for (Peer peer : peers.all()) {
        waitingFor = peer.rank();
        peer.writer().awaitSent(timeout);
      }
      completed = number;
      return result;
    } catch (IOException e) {
      fail(peers.get(waitingFor), e);
      throw lost(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abort("Lost rank " + rank + " during " + action + ": interrupted");
      throw lost(e);
    } catch (RuntimeException e) {
      abort("Lost rank " + rank + " during " + action + ": " + e);
      peers.release();
      throw e;
    } finally {
      waitingFor = NOBODY;
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

  /** Adds one chunk of the own part; the first addend starts the sum, so zeros keep their sign. */
  private void addInRankOrder(FloatBuffer values, int start, int n, float[] sums)
      throws IOException {
    for (int from = 0; from < worldSize; from++) {
      FloatBuffer addends = receivedFloats;
      int first = 0;
      if (from == rank) {
        addends = values;
        first = start;
      } else {
        from(peers.get(from)).readFully(received.array(), n * Float.BYTES);
      }
      if (from == 0) {
        addends.get(first, sums, 0, n);
      } else {
        for (int i = 0; i < n; i++) {
          sums[i] += addends.get(first + i);
        }
      }
    }
    values.put(start, sums, 0, n);
  }

  private byte[] receiveRecord(Peer peer) throws IOException {
    Link.Frame frame = from(peer).receive(MAX_RECORD_BYTES);
    if (frame.type() != FrameType.RECORD) {
      throw new ProtocolException("Invalid frame: type " + frame.type() + ", not a record");
    }
    return frame.payload();
  }

  private Link from(Peer peer) {
    waitingFor = peer.rank();
    return peer.data();
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
    return "Lost " + peer + when + action + ": " + reason;
  }

  /** The exception to throw, once nobody reads the caller's buffer any more. */
  private PeerLostException lost(Exception e) {
    peers.release();
    return new PeerLostException(String.valueOf(failure.get()), e);
  }

  private final class Events implements Peer.Events {
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
    public void sendFailed(Peer peer, IOException reason) {
      fail(peer, reason);
    }

    @Override
    public int waitingFor() {
      return waitingFor;
    }
  }
}
