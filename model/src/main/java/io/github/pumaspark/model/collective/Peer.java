package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Another rank: a link for records, one for signals with its reader, and the lanes for data. */
final class Peer {
  private static final Logger LOG = LoggerFactory.getLogger(Peer.class);
  private static final int MAX_SIGNAL_BYTES = 8192;
  private static final int MAX_CAUSE_CHARACTERS = 2000;

  private final int rank;
  private final PeerAddress address;
  private final Link records;
  private final Link signal;
  private final Events events;
  private final Thread signals;
  private final CountDownLatch signalEnded = new CountDownLatch(1);
  private final LinkedBlockingQueue<Integer> answers = new LinkedBlockingQueue<>();
  private volatile List<Link> lanes = List.of();
  private volatile long exchangesBeforeGoodbye = Long.MAX_VALUE;

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
