package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Another rank: a link for records and the turns of shared exchanges, one for signals with its
 * reader, and the lanes for data.
 */
final class Peer {
  private static final Logger LOG = LoggerFactory.getLogger(Peer.class);
  private static final int MAX_SIGNAL_BYTES = 8192;
  private static final int MAX_TURN_BYTES = 64;
  private static final int MAX_TURNS = 1 << 16;
  private static final int MAX_CAUSE_CHARACTERS = 2000;

  private final int rank;
  private final PeerAddress address;
  private final Link records;
  private final Link signal;
  private final Events events;
  private final Thread signals;
  private final CountDownLatch signalEnded = new CountDownLatch(1);
  private final LinkedBlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
  private final Queue<byte[]> turns = new ArrayDeque<>();
  private volatile List<Link> lanes = List.of();
  private volatile long exchangesBeforeGoodbye = Long.MAX_VALUE;
  private volatile long read;

  Peer(int ownRank, PeerAddress address, Link records, Link signal, Events events) {
    this.rank = records.peerRank();
    this.address = address;
    this.records = records;
    this.signal = signal;
    this.events = events;
    this.signals = Daemon.thread("puma-signal-" + ownRank + "-to-" + rank, this::readSignals);
  }

  /** What a peer tells its collective, on threads of its own. */
  interface Events {
    /** The peer says why the exchange failed. */
    void reported(String cause);

    /** The peer is gone without a word, or broke the protocol. */
    void disconnected(Peer peer, IOException reason);

    /** The peer closed on purpose. */
    void left(Peer peer);

    /** The rank that this process waits for, negative if no exchange is under way. */
    int waitingFor();
  }

  void start() {
    signals.start();
  }

  /** Takes ownership of the connections for data, in the order of lanes. */
  void lanes(List<Link> links) {
    lanes = List.copyOf(links);
  }

  int rank() {
    return rank;
  }

  Thread thread() {
    return signals;
  }

  Link records() {
    return records;
  }

  Link lane(int lane) {
    return lanes.get(lane);
  }

  /** Receives the peer's record. */
  byte[] receiveRecord() throws IOException {
    Link.Frame frame = records.receive(Collective.MAX_RECORD_BYTES);
    if (frame.type() != FrameType.RECORD) {
      throw new ProtocolException("Invalid frame: type " + frame.type() + ", not a record");
    }
    return frame.payload();
  }

  /** Waits until the peer's shared buffer is ready for an exchange. */
  void awaitReady(Exchange exchange) throws IOException {
    while (turns.isEmpty()) {
      receiveTurn();
    }
    if (!Arrays.equals(turns.remove(), exchange.turn())) {
      throw new ProtocolException("Invalid turn: another exchange than " + exchange);
    }
  }

  /** Receives one word on exchanges through shared memory. */
  void receiveTurn() throws IOException {
    Link.Frame frame = records.receive(MAX_TURN_BYTES);
    // What the peer wrote to shared memory before it sent this is to be seen after it.
    VarHandle.fullFence();
    switch (frame.type()) {
      case FrameType.READY -> {
        if (turns.size() >= MAX_TURNS) {
          throw new ProtocolException("Invalid turn: too many at once");
        }
        turns.add(frame.payload());
      }
      case FrameType.READ -> read = body(frame, Long.BYTES).getLong();
      default -> throw new ProtocolException("Invalid frame: type " + frame.type() + ", no turn");
    }
  }

  /** Whether the peer has read what it reads of an exchange from this rank's memory. */
  boolean hasRead(Exchange exchange) {
    return read >= exchange.number();
  }

  /** Lets the peer read this rank's shared buffer for an exchange. */
  void sendReady(Exchange exchange) throws IOException {
    VarHandle.fullFence();
    records.send(FrameType.READY, exchange.turn());
  }

  /** Tells the peer that its shared buffer is no longer read for an exchange. */
  void sendRead(Exchange exchange) throws IOException {
    VarHandle.fullFence();
    records.send(
        FrameType.READ, ByteBuffer.allocate(Long.BYTES).putLong(exchange.number()).array());
  }

  /** Tells the peer why the exchange failed; a peer that is gone is not told. */
  void tellFailure(String cause) {
    String text = cause.substring(0, Math.min(cause.length(), MAX_CAUSE_CHARACTERS));
    trySend(FrameType.FAILED, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Tells the peer that this side closes on purpose after so many exchanges. */
  void tellGoodbye(long exchanges) {
    trySend(FrameType.GOODBYE, ByteBuffer.allocate(Long.BYTES).putLong(exchanges).array());
  }

  /** Asks which rank the peer is waiting for; empty if it does not say so in time. */
  OptionalInt ask(Duration timeout) {
    answers.clear();
    trySend(FrameType.WHERE, new byte[0]);
    try {
      Integer answer = answers.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return answer == null ? OptionalInt.empty() : OptionalInt.of(answer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }

  /** Waits for the peer's last word, which comes before its data link breaks if it has one. */
  void awaitLastSignal(Duration timeout) {
    try {
      if (!signalEnded.await(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.debug("{} has broken a link but not its signal link", this);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the peer said goodbye. */
  boolean hasLeft() {
    return exchangesBeforeGoodbye != Long.MAX_VALUE;
  }

  /** Whether the peer said goodbye before it completed the exchange with this number. */
  boolean leftBefore(long exchange) {
    return exchangesBeforeGoodbye < exchange;
  }

  /** Closes all links, which ends their threads; does not wait. */
  void close() {
    lanes.forEach(Link::close);
    records.close();
    signal.close();
  }

  @Override
  public String toString() {
    return "rank " + rank + " (" + address + ")";
  }

  private void readSignals() {
    try {
      while (true) {
        Link.Frame frame = signal.receive(MAX_SIGNAL_BYTES);
        switch (frame.type()) {
          case FrameType.FAILED -> {
            events.reported(new String(frame.payload(), StandardCharsets.UTF_8));
            return;
          }
          case FrameType.GOODBYE -> {
            exchangesBeforeGoodbye = body(frame, Long.BYTES).getLong();
            events.left(this);
          }
          case FrameType.WHERE ->
              signal.send(
                  FrameType.WAITING_FOR,
                  ByteBuffer.allocate(Integer.BYTES).putInt(events.waitingFor()).array());
          case FrameType.WAITING_FOR -> answers.add(body(frame, Integer.BYTES).getInt());
          default -> throw new ProtocolException("Invalid signal type: " + frame.type());
        }
      }
    } catch (IOException e) {
      if (!hasLeft()) {
        events.disconnected(this, e);
      }
    } finally {
      signalEnded.countDown();
    }
  }

  private static ByteBuffer body(Link.Frame frame, int bytes) throws IOException {
    if (frame.payload().length != bytes) {
      throw new ProtocolException("Invalid frame length: " + frame.payload().length + " bytes");
    }
    return ByteBuffer.wrap(frame.payload());
  }

  private void trySend(int type, byte[] payload) {
    try {
      signal.send(type, payload);
    } catch (IOException e) {
      LOG.debug("Cannot signal to {}", this, e);
    }
  }
}
