package io.github.pumaspark.model.collective;

import java.util.concurrent.locks.LockSupport;

/**
 * Waiting for what another process writes to memory: a short spin, then sleeps of a quarter of the
 * time waited so far, so that a long wait leaves the processor to the ranks that compute.
 */
final class Backoff {
  private static final int SPINS = 2000;
  private static final long SHORTEST_NANOS = 10_000;
  private static final long LONGEST_NANOS = 1_000_000;

  private final long start = System.nanoTime();
  private int spins;

  /** Waits a little. */
  void pause() {
    if (spins < SPINS) {
      spins++;
      Thread.onSpinWait();
      return;
    }
    long quarter = (System.nanoTime() - start) / 4;
    LockSupport.parkNanos(Math.max(SHORTEST_NANOS, Math.min(LONGEST_NANOS, quarter)));
  }
}
