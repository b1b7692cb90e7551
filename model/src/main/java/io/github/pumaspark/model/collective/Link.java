package io.github.pumaspark.model.collective;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An authenticated connection that carries frames: a fixed header, then a payload whose length the
 * reader bounds before it allocates. Any number of threads may {@link #send}; one may {@link
 * #receive}; any may close.
 *
 * <p>Header, 32 bytes, big-endian: magic, version (2 bytes), type (2), generation, sender's rank,
 * sequence number (8), payload length (8). Sequence numbers count frames per direction from 1; a
 * header that is not exactly the expected one is an error, after which the link must be closed.
 */
public final class Link implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);
  private static final int HEADER_BYTES = 32;
  private static final int STAGING_BYTES = RecordCipher.MAX_PLAIN_BYTES;
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

  private final Socket socket;
  private final @Nullable SocketChannel bulk;
  private final InputStream in;
  private final OutputStream out;
  private final RunIdentity run;
  private final int rank;
  private final int peerRank;
  private final Channel channel;
  private final int lane;
  private byte[] staging = {};
  private long sent;
  private long received;

  Link(Socket socket, RunIdentity run, int rank, int peerRank, Handshake.Proved proved)
      throws IOException {
    Optional<Handshake.Keys> keys = proved.keys();
    this.socket = socket;
    this.bulk = keys.isPresent() ? null : socket.getChannel();
    this.out =
        keys.isPresent()
            ? RecordStreams.sealing(socket.getOutputStream(), keys.get().sending())
            : socket.getOutputStream();
    this.in = input(socket, keys, proved.purpose().channel());
    this.run = run;
    this.rank = rank;
    this.peerRank = peerRank;
    this.channel = proved.purpose().channel();
    this.lane = proved.purpose().lane();
    socket.setTcpNoDelay(true);
    socket.setKeepAlive(true);
    socket.setSoTimeout(0);
  }

  /** Small frames are read ahead; of a lane, payloads are read past the stream. */
  private static InputStream input(Socket socket, Optional<Handshake.Keys> keys, Channel channel)
      throws IOException {
    InputStream plain = socket.getInputStream();
    if (keys.isPresent()) {
      return RecordStreams.opening(new BufferedInputStream(plain), keys.get().receiving());
    }
    return channel == Channel.DATA ? plain : new BufferedInputStream(plain);
  }

  /** One frame as received; the payload belongs to the receiver. */
  public record Frame(int type, byte[] payload) {}

  /**
   * Connects and authenticates.
   *
   * @param peerRank rank that is meant to listen there; {@link LinkServer#DRIVER} for the driver
   * @throws IOException if nobody listens, or the listener is not that rank of this run
   */
  public static Link dial(
      PeerAddress address, RunIdentity run, Channel channel, int rank, int peerRank)
      throws IOException {
    return dial(address, run, new Handshake.Purpose(channel, 0, rank, peerRank));
  }

  /** As the other, for one of several connections. */
  static Link dial(PeerAddress address, RunIdentity run, Handshake.Purpose purpose)
      throws IOException {
    Socket socket = address.connect(HANDSHAKE_TIMEOUT, purpose.channel() == Channel.DATA);
    try {
      socket.setTcpNoDelay(true);
      Handshake.Proved proved = Handshake.dial(socket, run, purpose, HANDSHAKE_TIMEOUT);
      return new Link(socket, run, purpose.dialer(), purpose.acceptor(), proved);
    } catch (IOException | RuntimeException e) {
      socket.close();
      throw e;
    }
  }

  /** Authenticates whoever connected; the socket stays the caller's to close on failure. */
  static Link accept(Socket socket, RunIdentity run, int rank, Set<Channel> channels)
      throws IOException {
    socket.setTcpNoDelay(true);
    Handshake.Proved proved = Handshake.accept(socket, run, rank, channels, HANDSHAKE_TIMEOUT);
    return new Link(socket, run, rank, proved.purpose().dialer(), proved);
  }

  /** The proved rank at the other end. */
  public int peerRank() {
    return peerRank;
  }

  /** The proved purpose of this connection. */
  public Channel channel() {
    return channel;
  }

  /** The proved number among the connections to this peer. */
  int lane() {
    return lane;
  }

  /** Host and port at the other end of the connection, for messages. */
  public String remote() {
    return socket.getInetAddress().getHostAddress() + ":" + socket.getPort();
  }

  /** Makes {@link #receive} fail when nothing arrives for this long; zero = never. */
  public void idleTimeout(Duration timeout) throws IOException {
    socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
  }

  /** Sends one frame whole; blocks while the other side does not read. */
  public synchronized void send(int type, byte[] payload) throws IOException {
    byte[] frame = new byte[HEADER_BYTES + payload.length];
    header(ByteBuffer.wrap(frame), type, payload.length);
    System.arraycopy(payload, 0, frame, HEADER_BYTES, payload.length);
    out.write(frame);
  }

  /**
   * Receives the next frame.
   *
   * @throws ProtocolException if a header field is wrong or the payload is longer than {@code
   *     maxBytes}; nothing is allocated for it
   * @throws java.net.SocketTimeoutException after the idle timeout
   * @throws EOFException if the other side closed
   */
  public Frame receive(int maxBytes) throws IOException {
    ByteBuffer header = readHeader();
    int type = header.getShort(6);
    long length = header.getLong(24);
    if (length < 0 || length > maxBytes) {
      throw new ProtocolException(
          "Invalid frame length: " + length + " bytes (at most " + maxBytes + ")");
    }
    byte[] payload = new byte[(int) length];
    readFully(payload, payload.length);
    return new Frame(type, payload);
  }

  /** Announces a payload that the only sender then streams through {@link #write}. */
  synchronized void sendHeader(int type, long payloadBytes) throws IOException {
    byte[] bytes = new byte[HEADER_BYTES];
    header(ByteBuffer.wrap(bytes), type, payloadBytes);
    out.write(bytes);
  }

  /** Streams the remaining bytes of a direct buffer as payload. */
  void write(ByteBuffer bytes) throws IOException {
    if (bulk != null) {
      while (bytes.hasRemaining()) {
        bulk.write(bytes);
      }
    } else {
      byte[] copy = new byte[Math.min(bytes.remaining(), STAGING_BYTES)];
      while (bytes.hasRemaining()) {
        int n = Math.min(bytes.remaining(), copy.length);
        bytes.get(copy, 0, n);
        out.write(copy, 0, n);
      }
    }
  }

  /** Requires that the next frame is of this type and length; its payload is then to be read. */
  void receiveHeader(int type, long payloadBytes) throws IOException {
    ByteBuffer header = readHeader();
    if (header.getShort(6) != type || header.getLong(24) != payloadBytes) {
      throw new ProtocolException(
          "Invalid frame: type %s with %s bytes (expected type %s with %s)"
              .formatted(header.getShort(6), header.getLong(24), type, payloadBytes));
    }
  }

  /** Fills the rest of a direct buffer with payload. */
  void readFully(ByteBuffer bytes) throws IOException {
    if (bulk != null) {
      while (bytes.hasRemaining()) {
        if (bulk.read(bytes) < 0) {
          throw new EOFException("connection closed by peer");
        }
      }
    } else {
      if (staging.length == 0) {
        staging = new byte[STAGING_BYTES];
      }
      while (bytes.hasRemaining()) {
        int n = Math.min(bytes.remaining(), staging.length);
        readFully(staging, n);
        bytes.put(staging, 0, n);
      }
    }
  }

  private void readFully(byte[] bytes, int length) throws IOException {
    for (int filled = 0; filled < length; ) {
      int n = in.read(bytes, filled, length - filled);
      if (n < 0) {
        throw new EOFException("connection closed by peer");
      }
      filled += n;
    }
  }

  /** Closes at once; blocked calls of other threads fail. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      LOG.debug("Closing the connection to rank {} failed", peerRank, e);
    }
  }

  private void header(ByteBuffer header, int type, long payloadBytes) {
    sent++;
    header
        .putInt(Handshake.MAGIC)
        .putShort(Handshake.VERSION)
        .putShort((short) type)
        .putInt(run.generation())
        .putInt(rank)
        .putLong(sent)
        .putLong(payloadBytes);
  }

  private ByteBuffer readHeader() throws IOException {
    byte[] bytes = new byte[HEADER_BYTES];
    readFully(bytes, HEADER_BYTES);
    received++;
    ByteBuffer header = ByteBuffer.wrap(bytes);
    require("magic", header.getInt(0), Handshake.MAGIC);
    require("protocol version", header.getShort(4), Handshake.VERSION);
    require("generation", header.getInt(8), run.generation());
    require("sender", header.getInt(12), peerRank);
    require("sequence number", header.getLong(16), received);
    return header;
  }

  private static void require(String field, long found, long expected) throws IOException {
    if (found != expected) {
      throw new ProtocolException(
          "Invalid frame " + field + ": " + found + " (expected " + expected + ")");
    }
  }
}
