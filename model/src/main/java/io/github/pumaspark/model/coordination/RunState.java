package io.github.pumaspark.model.coordination;

import io.github.pumaspark.model.collective.PeerAddress;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What a rank has heard from the driver, and waiting for it. */
final class RunState {
  private List<PeerAddress> addresses = List.of();
  private long committedStep;
  private boolean finished;
  private boolean closed;
  private @Nullable String abortCause;

  synchronized void ranks(List<PeerAddress> known) {
    addresses = List.copyOf(known);
    notifyAll();
  }

  synchronized void committed(long step) {
    committedStep = Math.max(committedStep, step);
    notifyAll();
  }

  synchronized void finished() {
    finished = true;
    notifyAll();
  }

  synchronized void close() {
    closed = true;
    notifyAll();
  }

  /** Keeps the first cause; whether this was it. */
  synchronized boolean abort(String cause) {
    if (abortCause != null) {
      return false;
    }
    abortCause = cause;
    notifyAll();
    return true;
  }

  /** Whether the end of the connection is no surprise. */
  synchronized boolean isOver() {
    return finished || closed;
  }

  synchronized List<PeerAddress> awaitRanks() {
    await(() -> !addresses.isEmpty());
    return addresses;
  }

  void awaitCommitted(long step) {
    await(() -> committedStep >= step);
  }

  void awaitFinished() {
    await(() -> finished);
  }

  /** Waits for the end of the run and throws it. */
  void awaitAbort() {
    await(() -> false);
  }

  synchronized void throwIfAborted() {
    if (abortCause != null) {
      throw new RunAbortedException(abortCause);
    }
  }

  private synchronized void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      throwIfAborted();
      if (closed) {
        throw new RunAbortedException("Cannot reach the driver: this rank closed its connection");
      }
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new RunAbortedException("Cannot wait for the driver: interrupted");
      }
    }
  }
}
