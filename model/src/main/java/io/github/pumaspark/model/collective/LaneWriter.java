package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Sends one lane's stripes to one peer on a thread of its own, so that ranks which send to each
 * other at once never wait for each other.
 */
final class LaneWriter {
  private static final int BULK_FLOATS = 1 << 17;

  private final Link link;
  private final int rank;
  private final boolean bf16;
  private final Events events;
  private final Thread thread;
  private final Queue<Exchange> queue = new ArrayDeque<>();
  private @Nullable Chunk chunk;
  private boolean stopped;

  /**
   * A writer, not yet started.
   *
   * @param rank of this process
   * @param bf16 whether addends travel as bfloat16
   */
  LaneWriter(Link link, int rank, boolean bf16, Events events) {
    this.link = link;
    this.rank = rank;
    this.bf16 = bf16;
    this.events = events;
    this.thread =
        Daemon.thread(
            "puma-write-" + rank + "-to-" + link.peerRank() + "-lane-" + link.lane(), this::run);
  }

  /** What a writer tells, on its own thread. */
  interface Events {
    /** Something has been sent. */
    void progressed();

    /** An exchange's stripe is in the network's hands. */
    void sent();

    /** Nothing more can be sent. */
    void sendFailed(int peer, IOException reason);
  }

  Thread thread() {
    return thread;
  }

  int peerRank() {
    return link.peerRank();
  }

  /** Queues this lane's stripe of an exchange. */
  synchronized void send(Exchange exchange) {
    if (!stopped) {
      queue.add(exchange);
      notifyAll();
    }
  }

  /** Whether a stripe of this or an earlier exchange is still to be sent. */
  synchronized boolean owes(Exchange exchange) {
    Exchange next = queue.peek();
    return next != null && next.number() <= exchange.number();
  }

  /** Whether there is something to send. */
  synchronized boolean isBusy() {
    return !queue.isEmpty();
  }

  /** Ends the thread; the link must be closed by now, or this takes until a transfer ends. */
  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  private void run() {
    try {
      for (Exchange next = await(); next != null; next = await()) {
        transfer(next);
        synchronized (this) {
          queue.remove();
        }
        events.sent();
      }
    } catch (IOException e) {
      failed(e);
    } catch (InterruptedException | RuntimeException e) {
      failed(new IOException(String.valueOf(e.getMessage()), e));
    }
  }

  private synchronized @Nullable Exchange await() throws InterruptedException {
    while (queue.isEmpty() && !stopped) {
      wait();
    }
    return stopped ? null : queue.peek();
  }

  private void transfer(Exchange exchange) throws IOException {
    boolean reduces = exchange.kind() == Exchange.Kind.REDUCE_SCATTER;
    Segment stripe = exchange.stripe(reduces ? link.peerRank() : rank, link.lane());
    boolean rounds = reduces && bf16;
    link.sendHeader(exchange.kind().frameType(), Chunk.wireBytes(stripe.size(), rounds));
    HostFloats buffer = exchange.buffer();
    int step = rounds || buffer.bytes() == null ? Chunk.BLOCK_FLOATS : BULK_FLOATS;
    for (int i = stripe.start(); i < stripe.end(); i += step) {
      int n = Math.min(step, stripe.end() - i);
      ByteBuffer bytes = rounds ? null : buffer.slice(i, n);
      if (bytes != null) {
        link.write(bytes);
      } else if (reduces) {
        chunk().sendAddends(buffer.values(), i, n, link);
      } else {
        chunk().send(buffer.values(), i, n, link);
      }
      events.progressed();
    }
  }

  private Chunk chunk() {
    if (chunk == null) {
      chunk = new Chunk(bf16);
    }
    return chunk;
  }

  private void failed(IOException e) {
    boolean expected;
    synchronized (this) {
      expected = stopped;
    }
    if (!expected) {
      events.sendFailed(link.peerRank(), e);
    }
  }
}
