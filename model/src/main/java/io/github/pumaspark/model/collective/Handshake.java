package io.github.pumaspark.model.collective;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * Mutual proof of the run's key before anything else is read from a connection.
 *
 * <p>Four messages of fixed length: the dialer's hello with a nonce, the acceptor's nonce, the
 * dialer's proof, the acceptor's proof. A proof is an HMAC over role, run id, hello and both
 * nonces. The acceptor says nothing that depends on the key before the dialer has proved itself.
 * Keys for encryption, one for each direction, are HMACs over the same transcript.
 */
final class Handshake {
  static final int MAGIC = 0x50554D41;
  static final short VERSION = 2;

  /** Highest number of a lane. */
  static final int MAX_LANE = 63;

  static final int HELLO_BYTES = 28 + Handshake.NONCE_BYTES;
  static final int NONCE_BYTES = 32;

  private static final int ENCRYPTED = 1;
  private static final int BIG_ENDIAN = 2;
  private static final byte[] DIALER = ascii("puma dialer");
  private static final byte[] ACCEPTOR = ascii("puma acceptor");
  private static final byte[] KEYS = ascii("puma keys");

  private final Socket socket;
  private final long deadlineNanos;

  private Handshake(Socket socket, Duration timeout) {
    this.socket = socket;
    this.deadlineNanos = System.nanoTime() + timeout.toNanos();
  }

  /** What a connection is for: of which rank, to which rank, which of several. */
  record Purpose(Channel channel, int lane, int dialer, int acceptor) {}

  /** Keys of the two directions, as one end sees them. */
  static final class Keys {
    private final byte[] sending;
    private final byte[] receiving;

    Keys(byte[] sending, byte[] receiving) {
      this.sending = sending;
      this.receiving = receiving;
    }

    byte[] sending() {
      return sending;
    }

    byte[] receiving() {
      return receiving;
    }
  }

  /**
   * What both ends have proved.
   *
   * @param keys if the run is encrypted
   */
  record Proved(Purpose purpose, Optional<Keys> keys) {}

  /**
   * Proves this side to a listener and checks the listener.
   *
   * @throws IOException if the other side does not prove itself in time or closes
   */
  static Proved dial(Socket socket, RunIdentity run, Purpose purpose, Duration timeout)
      throws IOException {
    Handshake handshake = new Handshake(socket, timeout);
    OutputStream out = socket.getOutputStream();
    byte[] hello = hello(run, purpose);
    out.write(hello);
    byte[] challenge = handshake.read(NONCE_BYTES);
    out.write(proof(run, DIALER, hello, challenge));
    handshake.checkProof(proof(run, ACCEPTOR, hello, challenge));
    return new Proved(purpose, keys(run, hello, challenge, DIALER, ACCEPTOR));
  }

  /**
   * Checks a caller and proves this side to it.
   *
   * @throws ProtocolException if the caller is of another run, generation, world size or rank, asks
   *     for a channel that is not served here, does not encrypt as this side does, or does not have
   *     the key
   */
  static Proved accept(
      Socket socket, RunIdentity run, int acceptor, Set<Channel> channels, Duration timeout)
      throws IOException {
    Handshake handshake = new Handshake(socket, timeout);
    OutputStream out = socket.getOutputStream();
    byte[] hello = handshake.read(HELLO_BYTES);
    Purpose purpose = checkHello(hello, run, acceptor, channels);
    byte[] challenge = nonce();
    out.write(challenge);
    handshake.checkProof(proof(run, DIALER, hello, challenge));
    out.write(proof(run, ACCEPTOR, hello, challenge));
    return new Proved(purpose, keys(run, hello, challenge, ACCEPTOR, DIALER));
  }

  private static byte[] hello(RunIdentity run, Purpose purpose) {
    return ByteBuffer.allocate(HELLO_BYTES)
        .putInt(MAGIC)
        .putShort(VERSION)
        .putShort((short) purpose.channel().code())
        .putInt(run.generation())
        .putInt(run.worldSize())
        .putInt(purpose.dialer())
        .putInt(purpose.acceptor())
        .putShort((short) purpose.lane())
        .putShort((short) flags(run))
        .put(nonce())
        .array();
  }

  private static Purpose checkHello(
      byte[] bytes, RunIdentity run, int acceptor, Set<Channel> channels) throws IOException {
    ByteBuffer hello = ByteBuffer.wrap(bytes);
    require("magic", hello.getInt(), MAGIC);
    require("protocol version", hello.getShort(), VERSION);
    short code = hello.getShort();
    Channel channel =
        Arrays.stream(Channel.values())
            .filter(known -> known.code() == code && channels.contains(known))
            .findAny()
            .orElseThrow(() -> new ProtocolException("Invalid channel: " + code));
    require("generation", hello.getInt(), run.generation());
    require("world size", hello.getInt(), run.worldSize());
    int rank = hello.getInt();
    if (rank < 0 || rank >= run.worldSize()) {
      throw new ProtocolException("Invalid rank: " + rank);
    }
    require("addressed rank", hello.getInt(), acceptor);
    short lane = hello.getShort();
    if (lane < 0 || lane > (channel == Channel.DATA ? MAX_LANE : 0)) {
      throw new ProtocolException("Invalid lane: " + lane);
    }
    require("encryption and byte order", hello.getShort(), flags(run));
    return new Purpose(channel, lane, rank, acceptor);
  }

  private static int flags(RunIdentity run) {
    int order = ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? BIG_ENDIAN : 0;
    return order | (run.encrypted() ? ENCRYPTED : 0);
  }

  private static void require(String field, int found, int expected) throws IOException {
    if (found != expected) {
      throw new ProtocolException("Invalid " + field + ": " + found + " (here: " + expected + ")");
    }
  }

  private static byte[] proof(RunIdentity run, byte[] role, byte[] hello, byte[] challenge) {
    return run.key().hmac(role, hello, challenge, run.runId().getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<Keys> keys(
      RunIdentity run, byte[] hello, byte[] challenge, byte[] own, byte[] other) {
    if (!run.encrypted()) {
      return Optional.empty();
    }
    // Extract, then expand: the two steps of HKDF with HMAC-SHA256.
    RunKey session = RunKey.of(proof(run, KEYS, hello, challenge));
    return Optional.of(new Keys(session.hmac(KEYS, own), session.hmac(KEYS, other)));
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    return nonce;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private void checkProof(byte[] expected) throws IOException {
    if (!MessageDigest.isEqual(read(RunKey.BYTES), expected)) {
      throw new ProtocolException("Invalid proof (another run or another key)");
    }
  }

  /** Reads against the deadline of the whole handshake, so that dripping bytes gains no time. */
  private byte[] read(int length) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] bytes = new byte[length];
    for (int filled = 0; filled < length; ) {
      long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (remainingMillis <= 0) {
        throw new SocketTimeoutException("handshake timed out");
      }
      socket.setSoTimeout((int) Math.min(remainingMillis, Integer.MAX_VALUE));
      int n = in.read(bytes, filled, length - filled);
      if (n < 0) {
        throw new EOFException("connection closed during the handshake");
      }
      filled += n;
    }
    return bytes;
  }
}
