package io.github.pumaspark.jobs.train;

import io.github.pumaspark.data.storage.DirectoryLock;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** The driver's right to work on a run, which it can lose while it works. Thread-safe. */
final class RunLease implements AutoCloseable {
  private @Nullable DirectoryLock lock;
  private @Nullable String loss;
  private Consumer<String> listener = reason -> {};

  private RunLease() {}

  /**
   * Takes the right.
   *
   * @param isWanted false: nobody else is kept out
   * @throws IOException if another process has it
   */
  static RunLease acquire(Path directory, Configuration configuration, boolean isWanted)
      throws IOException {
    RunLease lease = new RunLease();
    lease.lock =
        isWanted
            ? DirectoryLock.acquire(directory, configuration, lease::lost)
            : DirectoryLock.without(directory);
    return lease;
  }

  /** Runs {@code onLost} with the reason when the right is lost, or now if it is. */
  void listenBy(Consumer<String> onLost) {
    String reason;
    synchronized (this) {
      listener = onLost;
      reason = loss;
    }
    if (reason != null) {
      onLost.accept(reason);
    }
  }

  /** Whether the driver still has the right; asks the store. */
  boolean isHeld() {
    synchronized (this) {
      if (loss != null) {
        return false;
      }
    }
    return lock != null && lock.isHeld();
  }

  @Override
  public void close() throws IOException {
    if (lock != null) {
      lock.close();
    }
  }

  private void lost(String reason) {
    Consumer<String> told;
    synchronized (this) {
      loss = reason;
      told = listener;
    }
    told.accept(reason);
  }
}
