package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives and adds one lane's stripe of every exchange. Peers on this host are read in place,
 * others from their connection; chunk by chunk and peer by peer, so that all peers' bytes flow at
 * once. Not thread-safe.
 */
final class StripeWorker {
  private static final int NOBODY = -1;

  private final int lane;
  private final int rank;
  private final int worldSize;
  private final Peers peers;
  private final boolean bf16;
  private final Chunk chunk;
  private final Runnable progressed;
  private volatile int waitingFor = NOBODY;

  /**
   * @param bf16 whether addends are rounded to bfloat16
   * @param progressed called after every chunk; may throw to end the exchange
   */
  StripeWorker(int lane, int rank, int worldSize, Peers peers, boolean bf16, Runnable progressed) {
    this.lane = lane;
    this.rank = rank;
    this.worldSize = worldSize;
    this.peers = peers;
    this.bf16 = bf16;
    this.chunk = new Chunk(bf16);
    this.progressed = progressed;
  }

  /** The rank whose bytes are waited for, negative if none. */
  int waitingFor() {
    return waitingFor;
  }

  /** Sets whom to blame for silence meanwhile. */
  void waitFor(int peer) {
    waitingFor = peer;
  }

  /** Nobody is waited for. */
  void rest() {
    waitingFor = NOBODY;
  }

  /** Does this lane's stripe; what shared peers have in memory must be ready. */
  void run(Exchange exchange) throws IOException {
    switch (exchange.kind()) {
      case REDUCE_SCATTER -> reduceScatter(exchange);
      case ALL_GATHER -> allGather(exchange);
    }
    rest();
  }

  private void reduceScatter(Exchange exchange) throws IOException {
    List<@Nullable FloatBuffer> memory = new ArrayList<>();
    Segment own = exchange.stripe(rank, lane);
    for (int from = 0; from < worldSize; from++) {
      memory.add(from == rank ? exchange.buffer().values() : exchange.buffer().shared().get(from));
      if (memory.get(from) == null) {
        from(from).receiveHeader(FrameType.REDUCE_SCATTER, Chunk.wireBytes(own.size(), bf16));
      }
    }
    int step = memory.contains(null) ? Chunk.BLOCK_FLOATS : Chunk.PIECE_FLOATS;
    for (int i = own.start(); i < own.end(); i += step) {
      int n = Math.min(step, own.end() - i);
      for (int from = 0; from < worldSize; from++) {
        FloatBuffer addends = memory.get(from);
        // The first addend starts the sum, so zeros keep their sign.
        if (addends == null) {
          chunk.add(from(from), n, from == 0);
        } else {
          chunk.add(addends, i, n, from == 0);
        }
      }
      chunk.store(exchange.buffer().values(), i, n);
      progressed.run();
    }
  }

  private void allGather(Exchange exchange) throws IOException {
    int longest = 0;
    for (Peer peer : peers.all()) {
      int size = exchange.stripe(peer.rank(), lane).size();
      longest = Math.max(longest, size);
      if (!exchange.isShared(peer.rank())) {
        from(peer.rank()).receiveHeader(FrameType.ALL_GATHER, size * (long) Float.BYTES);
      }
    }
    for (int done = 0; done < longest; done += Chunk.BLOCK_FLOATS) {
      for (Peer peer : peers.all()) {
        Segment stripe = exchange.stripe(peer.rank(), lane);
        int n = Math.min(Chunk.BLOCK_FLOATS, stripe.size() - done);
        if (n > 0) {
          fill(exchange, peer.rank(), stripe.start() + done, n);
        }
      }
      progressed.run();
    }
  }

  private void fill(Exchange exchange, int owner, int start, int n) throws IOException {
    HostFloats buffer = exchange.buffer();
    FloatBuffer memory = buffer.shared().get(owner);
    ByteBuffer bytes = buffer.slice(start, n);
    if (memory != null) {
      buffer.values().put(start, memory, start, n);
    } else if (bytes != null) {
      from(owner).readFully(bytes);
    } else {
      chunk.receive(from(owner), buffer.values(), start, n);
    }
  }

  private Link from(int peer) {
    waitingFor = peer;
    return peers.get(peer).lane(lane);
  }
}
