package io.github.pumaspark.model.collective;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends to one peer on a thread of its own, so that ranks which send to each other at once never
 * wait for each other. Buffers handed over are read until {@link #awaitSent} or {@link
 * #awaitStopped} returns.
 */
final class PeerWriter {
  static final int CHUNK_FLOATS = 1 << 16;

  private final Link link;
  private final Consumer<IOException> onFailure;
  private final Thread thread;
  private final Queue<Transfer> queue = new ArrayDeque<>();
  private boolean transferring;
  private boolean stopped;
  private long chunksSent;
  private @Nullable IOException failure;

  PeerWriter(String name, Link link, Consumer<IOException> onFailure) {
    this.link = link;
    this.onFailure = onFailure;
    this.thread = Daemon.thread(name, this::run);
  }

  private interface Transfer {
    void run() throws IOException;
  }

  void start() {
    thread.start();
  }

  /** Queues elements [start, end) of a buffer, little-endian on the wire. */
  void send(int type, FloatBuffer values, int start, int end) {
    enqueue(() -> transfer(type, values, start, end));
  }

  /** Queues a frame. */
  void send(int type, byte[] payload) {
    enqueue(() -> link.send(type, payload));
  }

  /**
   * Waits until all that was queued is in the network's hands.
   *
   * @throws SocketTimeoutException if nothing more could be sent for {@code idle}
   */
  synchronized void awaitSent(Duration idle) throws IOException, InterruptedException {
    long seen = chunksSent;
    long deadlineNanos = System.nanoTime() + idle.toNanos();
    while (failure == null && !stopped && (transferring || !queue.isEmpty())) {
      if (chunksSent != seen) {
        seen = chunksSent;
        deadlineNanos = System.nanoTime() + idle.toNanos();
      }
      long remainingMillis = (deadlineNanos - System.nanoTime()) / 1_000_000;
      if (remainingMillis <= 0) {
        throw new SocketTimeoutException("nothing could be sent");
      }
      wait(remainingMillis);
    }
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
    if (stopped) {
      throw new IOException("stopped");
    }
  }

  /** Ends the thread; the link must be closed by now, or this takes until a transfer ends. */
  synchronized void stop() {
    stopped = true;
    queue.clear();
    notifyAll();
  }

  /** Waits until no handed-over buffer is read any more; call after {@link #stop}. */
  synchronized void awaitStopped() {
    boolean interrupted = false;
    while (transferring) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void enqueue(Transfer transfer) {
    if (!stopped) {
      queue.add(transfer);
      notifyAll();
    }
  }

  private void run() {
    try {
      for (Transfer next = take(); next != null; next = take()) {
        next.run();
        ended(null);
      }
    } catch (IOException e) {
      failed(e);
    } catch (InterruptedException | RuntimeException e) {
      failed(new IOException(String.valueOf(e.getMessage()), e));
    }
  }

  private synchronized @Nullable Transfer take() throws InterruptedException {
    while (queue.isEmpty() && !stopped) {
      wait();
    }
    Transfer next = queue.poll();
    transferring = next != null;
    return next;
  }

  private void transfer(int type, FloatBuffer values, int start, int end) throws IOException {
    link.sendHeader(type, (end - start) * (long) Float.BYTES);
    ByteBuffer chunk =
        ByteBuffer.allocate(Math.min(CHUNK_FLOATS, end - start) * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer floats = chunk.asFloatBuffer();
    for (int i = start; i < end; ) {
      int n = Math.min(floats.capacity(), end - i);
      floats.put(0, values, i, n);
      link.write(chunk.array(), n * Float.BYTES);
      i += n;
      progressed();
    }
  }

  private synchronized void progressed() {
    chunksSent++;
    notifyAll();
  }

  private synchronized boolean ended(@Nullable IOException reason) {
    transferring = false;
    failure = reason;
    notifyAll();
    return stopped;
  }

  private void failed(IOException e) {
    boolean expected = ended(e);
    if (!expected) {
      onFailure.accept(e);
    }
  }
}
