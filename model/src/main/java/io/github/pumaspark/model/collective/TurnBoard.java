package io.github.pumaspark.model.collective;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.Set;

/**
 * What ranks of one host tell each other of exchanges through shared memory: up to which exchange a
 * rank's buffers may be read, and up to which it has read those of the others. Each rank writes its
 * own board and looks at the others', so that a word costs no call to the operating system; who is
 * lost is noticed by the connections.
 *
 * <p>One thread at a time announces; one at a time says what has been read; any looks.
 */
final class TurnBoard {
  /** Exchanges that may be announced before the first of them is over. */
  static final int MAX_ANNOUNCED = 1 << 14;

  /** Size of a board, in elements of shared memory. */
  static final int FLOATS = (2 * 64 + MAX_ANNOUNCED * Long.BYTES) / Float.BYTES;

  // Words that different threads write lie in cache lines of their own.
  private static final int ANNOUNCED = 0;
  private static final int READ = 64;
  private static final int TURNS = 128;
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final ByteBuffer own;
  private final Map<Integer, ByteBuffer> peers;

  /**
   * @param own zeroed
   * @param peers the boards of the ranks that share memory with this one
   */
  TurnBoard(ByteBuffer own, Map<Integer, ByteBuffer> peers) {
    this.own = own;
    this.peers = Map.copyOf(peers);
  }

  /** The ranks that have a board here. */
  Set<Integer> ranks() {
    return peers.keySet();
  }

  /** Lets peers read this rank's buffer for an exchange; in the order of exchanges. */
  void announce(Exchange exchange) {
    LONG.set(own, slot(exchange), turn(exchange));
    LONG.setRelease(own, ANNOUNCED, exchange.number());
  }

  /** Says that no peer's buffer is read for this exchange, or an earlier one, any more. */
  void read(Exchange exchange) {
    LONG.setRelease(own, READ, exchange.number());
  }

  /**
   * Whether a peer's buffer may be read for an exchange.
   *
   * @throws ProtocolException if the peer takes part in another exchange
   */
  boolean isReady(int peer, Exchange exchange) throws ProtocolException {
    ByteBuffer board = board(peer);
    if ((long) LONG.getAcquire(board, ANNOUNCED) < exchange.number()) {
      return false;
    }
    if ((long) LONG.get(board, slot(exchange)) != turn(exchange)) {
      throw new ProtocolException("Invalid turn: another exchange than " + exchange);
    }
    return true;
  }

  /** Whether a peer has read what it reads of an exchange from this rank's memory. */
  boolean hasRead(int peer, Exchange exchange) {
    return (long) LONG.getAcquire(board(peer), READ) >= exchange.number();
  }

  private ByteBuffer board(int peer) {
    ByteBuffer board = peers.get(peer);
    if (board == null) {
      throw new IllegalStateException("rank " + peer + " shares no board");
    }
    return board;
  }

  private static int slot(Exchange exchange) {
    return TURNS + (int) (exchange.number() % MAX_ANNOUNCED) * Long.BYTES;
  }

  /** Equal for equal exchanges, different for others but for bad luck. */
  private static long turn(Exchange exchange) {
    long hash = exchange.number();
    hash = 31 * hash + exchange.kind().frameType();
    hash = 0x9E3779B97F4A7C15L * hash + exchange.buffer().id();
    hash = 0x9E3779B97F4A7C15L * hash + exchange.parts().start();
    return 0x9E3779B97F4A7C15L * hash + exchange.parts().end();
  }
}
