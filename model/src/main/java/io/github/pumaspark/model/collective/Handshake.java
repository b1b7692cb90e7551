package io.github.pumaspark.model.collective;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;

/**
 * Mutual proof of the run's key before anything else is read from a connection.
 *
 * <p>Four messages of fixed length: the dialer's hello with a nonce, the acceptor's nonce, the
 * dialer's proof, the acceptor's proof. A proof is an HMAC over role, run id, hello and both
 * nonces. The acceptor says nothing that depends on the key before the dialer has proved itself.
 */
final class Handshake {
  static final int MAGIC = 0x50554D41;
  static final short VERSION = 1;

  private static final int NONCE_BYTES = 32;
  private static final int HELLO_BYTES = 24 + NONCE_BYTES;
  private static final byte[] DIALER = "puma dialer".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ACCEPTOR = "puma acceptor".getBytes(StandardCharsets.US_ASCII);

  private final Socket socket;
  private final long deadlineNanos;

  private Handshake(Socket socket, Duration timeout) {
    this.socket = socket;
    this.deadlineNanos = System.nanoTime() + timeout.toNanos();
  }

  /** Who is at the other end of an accepted connection. */
  record Caller(int rank, Channel channel) {}

  /**
   * Proves this side to a listener and checks the listener.
   *
   * @throws IOException if the other side does not prove itself in time or closes
   */
  static void dial(
      Socket socket, RunIdentity run, Channel channel, int rank, int acceptor, Duration timeout)
      throws IOException {
    Handshake handshake = new Handshake(socket, timeout);
    OutputStream out = socket.getOutputStream();
    byte[] hello = hello(run, channel, rank, acceptor);
    out.write(hello);
    byte[] challenge = handshake.read(NONCE_BYTES);
    out.write(proof(run, DIALER, hello, challenge));
    handshake.checkProof(proof(run, ACCEPTOR, hello, challenge));
  }

  /**
   * Checks a caller and proves this side to it.
   *
   * @throws ProtocolException if the caller is of another run, generation, world size or rank, asks
   *     for a channel that is not served here, or does not have the key
   */
  static Caller accept(
      Socket socket, RunIdentity run, int acceptor, Set<Channel> channels, Duration timeout)
      throws IOException {
    Handshake handshake = new Handshake(socket, timeout);
    OutputStream out = socket.getOutputStream();
    byte[] hello = handshake.read(HELLO_BYTES);
    Caller caller = checkHello(hello, run, acceptor, channels);
    byte[] challenge = nonce();
    out.write(challenge);
    handshake.checkProof(proof(run, DIALER, hello, challenge));
    out.write(proof(run, ACCEPTOR, hello, challenge));
    return caller;
  }

  private static byte[] hello(RunIdentity run, Channel channel, int rank, int acceptor) {
    return ByteBuffer.allocate(HELLO_BYTES)
        .putInt(MAGIC)
        .putShort(VERSION)
        .putShort((short) channel.code())
        .putInt(run.generation())
        .putInt(run.worldSize())
        .putInt(rank)
        .putInt(acceptor)
        .put(nonce())
        .array();
  }

  private static Caller checkHello(
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
    return new Caller(rank, channel);
  }

  private static void require(String field, int found, int expected) throws IOException {
    if (found != expected) {
      throw new ProtocolException("Invalid " + field + ": " + found + " (here: " + expected + ")");
    }
  }

  private static byte[] proof(RunIdentity run, byte[] role, byte[] hello, byte[] challenge) {
    return run.key().hmac(role, hello, challenge, run.runId().getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] nonce() {
    byte[] nonce = new byte[NONCE_BYTES];
    new SecureRandom().nextBytes(nonce);
    return nonce;
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
